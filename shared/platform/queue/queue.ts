import { describeError, log } from '../telemetry/log.ts'
import type { Message } from './message.ts'
import { callSqs, queueUrl } from './sqs.ts'

/** SQS takes at most ten messages and 256 KiB a call; 240 leaves room for the envelope. */
const BATCH_COUNT = 10
const BATCH_BYTES = 240 * 1024
/** The longest delay that SQS knows, in seconds. */
export const MAX_DELAY_SECONDS = 900

export type Outgoing = { message: Message; delaySeconds?: number }
export type SendResult = {
  /** Positions in the input that SQS did not take; empty when all went well. */
  failed: number[]
}

/** What the domain needs to send messages. */
export type Queue = { send(name: string, messages: readonly Outgoing[]): Promise<SendResult> }

type Entry = { Id: string; MessageBody: string; DelaySeconds?: number }

/** JSON in ASCII: SQS refuses some characters in a body (U+FFFE; some servers all above U+FFFF). */
export function asciiJson(value: unknown): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, escaped)
}

/** Cuts entries into calls that SQS accepts. */
export function batchesOf<T extends Entry>(entries: readonly T[]): T[][] {
  const batches: T[][] = []
  let bytes = 0
  for (const entry of entries) {
    const size = Buffer.byteLength(entry.MessageBody)
    const last = batches.at(-1)
    if (last === undefined || last.length === BATCH_COUNT || bytes + size > BATCH_BYTES) {
      batches.push([entry])
      bytes = size
    } else {
      last.push(entry)
      bytes += size
    }
  }
  return batches
}

/**
 * Sends messages to a queue, ten a call. SQS answers 200 even where it refused some of them: those,
 * and all of a call that failed, are named in `failed`. Never throws for a failed call, since the
 * others may have gone out: why it failed is in the log.
 * @param name the queue's name in serverless.yml
 */
export async function send(name: string, messages: readonly Outgoing[]): Promise<SendResult> {
  const entries = messages.map(({ message, delaySeconds }, index) => ({
    Id: String(index),
    MessageBody: asciiJson(message),
    ...(delaySeconds === undefined ? {} : { DelaySeconds: delaySeconds }),
  }))
  const failed = await Promise.all(
    batchesOf(entries).map(async (batch) => {
      try {
        const reply = await callSqs<{ Failed?: { Id: string }[] }>('SendMessageBatch', {
          QueueUrl: queueUrl(name),
          Entries: batch,
        })
        return (reply.Failed ?? []).map(({ Id }) => Number(Id))
      } catch (error) {
        log.warn('messages not sent', {
          queue: name,
          count: batch.length,
          error: describeError(error),
        })
        return batch.map(({ Id }) => Number(Id))
      }
    }),
  )
  return { failed: failed.flat() }
}
