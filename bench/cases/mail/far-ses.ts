import { setTimeout as sleep } from 'node:timers/promises'
import { bodyOf, type Listening, listen } from '../../../local/lib/http.ts'

/** An SES that is `latencyMs` away: each call waits, and then reaches the one at `endpoint`. */
export function startFarSes(endpoint: string, latencyMs: number): Promise<Listening> {
  return listen((request, response) => {
    const forward = async () => {
      const { method = 'GET', url = '/', headers } = request
      const body = await bodyOf(request)
      await sleep(latencyMs)
      const answer = await fetch(`${endpoint}${url}`, {
        method,
        headers: {
          'content-type': headers['content-type'] ?? '',
          authorization: headers.authorization ?? '',
        },
        body: new Uint8Array(body),
      })
      const { status, headers: given } = answer
      const type = given.get('content-type') ?? 'application/json'
      response.writeHead(status, { 'content-type': type }).end(await answer.text())
    }
    forward().catch((error: Error) => response.destroy(error))
  })
}

type Inbox = { emails: { subject: string; destination: { to: string[] } }[] }

/** Empties the inbox. @returns who has got a mail since it was emptied last */
export async function collected(endpoint: string): Promise<string[]> {
  const { emails } = (await (await fetch(`${endpoint}/store`)).json()) as Inbox
  await fetch(`${endpoint}/clear-store`, { method: 'POST' })
  return emails.flatMap(({ destination }) => destination.to)
}
