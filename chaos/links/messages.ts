import type { IncomingMessage, ServerResponse } from 'node:http'
import { bodyOf, type Listening, listen } from '../../local/lib/http.ts'

export type MessageFault = {
  /** Share of sent batches that arrive twice. */
  duplicate?: number
  /** Seconds, at most, by which a message is late, so that those of a batch come in any order. */
  shuffleSeconds?: number
}
export type MessageProxy = Listening & { set(fault: MessageFault): void }

type Entry = { Id: string; DelaySeconds?: number }
const SEND = 'AmazonSQS.SendMessageBatch'
/** Of one connection, not of the message. */
const HOP = ['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive']

/**
 * Stands before SQS and does what its standard queues may do: messages come twice, and in another
 * order than they were sent in.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues.html
 */
export async function startMessageProxy(
  target: string,
  chance: () => number,
): Promise<MessageProxy> {
  let fault: MessageFault = {}

  const late = (entry: Entry): Entry => ({
    ...entry,
    DelaySeconds: entry.DelaySeconds ?? Math.floor(chance() * ((fault.shuffleSeconds ?? 0) + 1)),
  })

  function shuffled(body: Buffer): Buffer {
    const { Entries, ...rest } = JSON.parse(body.toString()) as { Entries: Entry[] }
    return Buffer.from(JSON.stringify({ ...rest, Entries: Entries.toReversed().map(late) }))
  }

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = await bodyOf(request)
    const isSend = request.headers['x-amz-target'] === SEND
    if (isSend && fault.shuffleSeconds !== undefined) body = shuffled(body)
    const headers = Object.entries(request.headers).filter(([name]) => !HOP.includes(name))
    const send = () =>
      fetch(`${target}${request.url}`, {
        method: request.method ?? 'POST',
        headers: headers as [string, string][],
        ...(body.length === 0 ? {} : { body }),
      })
    if (isSend && chance() < (fault.duplicate ?? 0)) await send()
    const answer = await send()
    const bytes = Buffer.from(await answer.arrayBuffer())
    response.writeHead(answer.status, {
      'content-type': answer.headers.get('content-type') ?? 'application/x-amz-json-1.0',
      'content-length': bytes.length,
    })
    response.end(bytes)
  }

  const server = await listen((request, response) => {
    // As a connection that breaks: SQS is away.
    void pass(request, response).catch(() => response.destroy())
  })
  return {
    ...server,
    set(next) {
      fault = next
    },
  }
}
