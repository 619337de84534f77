// Takes the place of shared/platform/net/send.ts in a container of the model.
import { type Received, SendFailed, type Sending } from '../../shared/platform/net/send.ts'
import type { NoAnswer } from './engines.ts'

export * from '../../shared/platform/net/send.ts'

export async function send(url: string | URL, sending: Sending = {}): Promise<Received> {
  const { headers = {}, body = '' } = sending
  try {
    const answer = await engines.http(String(url), headers as Record<string, string>, String(body))
    const text = JSON.stringify(answer.body)
    return {
      ok: answer.status < 300,
      status: answer.status,
      statusText: '',
      headers: new Map(),
      bytes: () => Buffer.from(text),
      text: async () => text,
      json: async () => JSON.parse(text),
    }
  } catch (error) {
    throw new SendFailed(error as Error, (error as NoAnswer).reached)
  }
}
