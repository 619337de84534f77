import type { Received } from '../../shared/platform/net/send.ts'

/** An answer as `send` gives it, for tests that play the other side. */
export function received(data: unknown, status = 200): Received {
  const bytes = Buffer.from(typeof data === 'string' ? data : JSON.stringify(data))
  return {
    ok: status < 300,
    status,
    statusText: '',
    headers: new Map(),
    bytes: () => bytes,
    text: async () => bytes.toString(),
    json: async () => JSON.parse(bytes.toString()),
  }
}
