import type { Agent, ClientRequestArgs, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Longest that a connection may have been idle and still be used again, in milliseconds. While a
 * container is frozen no timer runs and no end of a connection is seen, so this is looked at before
 * each use; below what our upstreams keep idle connections for.
 */
const IDLE_MILLIS = 4_000

export type Sending = {
  method?: string
  headers?: Record<string, string>
  body?: string | Uint8Array
  signal?: AbortSignal
}

/** An answer with its whole body; the part of `Response` that its readers need. */
export type Received = {
  ok: boolean
  status: number
  statusText: string
  /** By name in lower case. */
  headers: ReadonlyMap<string, string>
  bytes(): Buffer
  text(): Promise<string>
  // biome-ignore lint/suspicious/noExplicitAny: as in Response, so that drivers take it for one
  json(): Promise<any>
}

/** There was no answer, or not all of it. Holds nothing of what was sent. */
export class SendFailed extends Error {
  override readonly name = 'SendFailed'
  /** False where nothing can have reached the other side. */
  readonly reached: boolean

  constructor(cause: NodeJS.ErrnoException, reached: boolean) {
    super(`no answer: ${cause.code ?? cause.name}`, { cause })
    this.reached = reached
  }
}

type Line = { request: typeof import('node:http').request; agent: Agent; secure: boolean }
const lines = new Map<string, Line>()
const usedAt = new WeakMap<Socket, number>()

/**
 * Loaded when first needed, and not by `import`: that asks for every export of `node:http`, among them
 * `WebSocket`, for which Node loads all of `fetch` (docs/decisions/0019-small-bundles.md).
 */
function lineFor(protocol: string): Line {
  let line = lines.get(protocol)
  if (line === undefined) {
    const secure = protocol === 'https:'
    const { request, Agent } = secure
      ? process.getBuiltinModule('node:https')
      : process.getBuiltinModule('node:http')
    line = { request, agent: new Agent({ keepAlive: true }), secure }
    lines.set(protocol, line)
  }
  return line
}

function dropIdle(agent: Agent): void {
  const now = Date.now()
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) {
      if (now - (usedAt.get(socket) ?? 0) > IDLE_MILLIS) socket.destroy()
    }
  }
}

/**
 * One HTTP request over a connection that is kept; no redirects, no retries. Does what `fetch` would,
 * without its 20 ms at cold start.
 * @param url http or https
 * @throws SendFailed; what `signal` was aborted with
 */
export function send(url: string | URL, sending: Sending = {}): Promise<Received> {
  const { method = 'GET', headers = {}, body, signal } = sending
  const address = new URL(url)
  const { request, agent, secure } = lineFor(address.protocol)
  dropIdle(agent)
  return new Promise((resolve, reject) => {
    let reached = false
    const fail = (error: Error) =>
      reject(signal?.aborted ? signal.reason : new SendFailed(error, reached))
    const options: ClientRequestArgs = { method, headers, agent }
    if (signal !== undefined) options.signal = signal
    const outgoing = request(address, options, (incoming) => {
      receive(incoming, resolve, fail)
    })
    outgoing.once('socket', (socket) => {
      if (outgoing.reusedSocket) reached = true
      else {
        socket.once(secure ? 'secureConnect' : 'connect', () => {
          reached = true
        })
      }
    })
    outgoing.once('error', fail)
    outgoing.end(body)
  })
}

function receive(
  incoming: IncomingMessage,
  resolve: (received: Received) => void,
  fail: (error: Error) => void,
): void {
  const chunks: Buffer[] = []
  // The answer has let go of it by its end.
  const { socket } = incoming
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
  incoming.once('error', fail)
  incoming.once('end', () => {
    usedAt.set(socket, Date.now())
    const { statusCode: status = 0, statusMessage: statusText = '' } = incoming
    const bytes = () => (chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks))
    resolve({
      ok: status >= 200 && status < 300,
      status,
      statusText,
      headers: new Map(
        Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
      ),
      bytes,
      text: async () => bytes().toString(),
      json: async () => JSON.parse(bytes().toString()),
    })
  })
}
