import middy from '@middy/core'
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import * as z from 'zod/mini'
import { Envelope, type Message, type MessageType } from '../queue/message.ts'
import { invocation } from '../telemetry/invocation.ts'
import { describeError, log } from '../telemetry/log.ts'
import { millisLeft, traceIdFrom } from '../telemetry/scope.ts'
import { deadLetter } from './dead-letter.ts'

/**
 * Trying again can't help: the message goes to the dead-letter queue at once, for a person to look
 * at. Any other error leaves the message to be tried again.
 */
export class PermanentError extends Error {
  override readonly name = 'PermanentError'
}

/** A message that passed its schema, as a job gets it. `key` tells batch items apart. */
export type Item<Data> = { key: string; message: Message<Data> }
/** Items that were not done and why; an item that is not named is done and leaves the queue. */
export type Failures = Map<string, unknown>

export type JobDefinition = {
  /** The queue that the job consumes, by its name in serverless.yml. */
  queue: string
  /** Every kind of message that may arrive; anything else is dead-lettered. */
  accepts: readonly MessageType[]
  /** Milliseconds without which a batch need not begin; {@link NEEDS_MILLIS} where it is left out. */
  needsMillis?: number
}

/** A few calls to upstreams. */
const NEEDS_MILLIS = 2_000

export type Job = ((event: SQSEvent, context: Context) => Promise<SQSBatchResponse>) & {
  definition: JobDefinition
}

type DataOf<D extends JobDefinition> =
  D['accepts'][number] extends MessageType<infer Data> ? Data : never
type Batch<D extends JobDefinition> = (items: Item<DataOf<D>>[]) => Promise<Failures>

/**
 * A job that does a whole batch at once.
 *
 * What `work` returns and throws means for the retry: items that it leaves out of the failures are
 * done; items with a PermanentError go to the dead-letter queue; other failures are delivered again
 * after the visibility timeout; when it throws, the whole batch is delivered again.
 */
export function batchJob<const D extends JobDefinition>(definition: D, work: Batch<D>): Job {
  const stack = middy<SQSEvent, SQSBatchResponse>().handler((event) =>
    handleBatch(definition, work as Batch<JobDefinition>, event),
  )
  const handler = (event: SQSEvent, context: Context) =>
    invocation(context, `queue ${definition.queue}`, traceOfBatch(event), () =>
      stack(event, context),
    )
  return Object.assign(handler, { definition })
}

/** What a job does with one kind of message. */
export type Handler = { type: MessageType; handle(message: Message): Promise<void> }

/** Ties a kind of message to what is done with it. */
export function on<Data>(
  type: MessageType<Data>,
  handle: (message: Message<Data>) => Promise<void>,
): Handler {
  return { type: type as MessageType, handle: handle as Handler['handle'] }
}

/**
 * A job that does one message at a time, a whole batch side by side.
 *
 * What a handler returns and throws means for the retry: returns → the message is done; throws
 * PermanentError → dead-letter queue; throws anything else → delivered again.
 */
export function messageJob(queue: string, handlers: readonly Handler[]): Job {
  const accepts = handlers.map(({ type }) => type)
  return batchJob({ queue, accepts }, async (items) => {
    const failures: Failures = new Map()
    await Promise.all(
      items.map(async ({ key, message }) => {
        const { handle } = handlers.find(({ type }) => type.type === message.type) as Handler
        try {
          await handle(message)
        } catch (error) {
          failures.set(key, error)
        }
      }),
    )
    return failures
  })
}

/** A batch of one belongs to its message's trace; a mixed batch gets one of its own. */
function traceOfBatch(event: SQSEvent): string {
  const traces = new Set(event.Records.map(({ body }) => /"traceId":"([^"]+)"/.exec(body)?.[1]))
  return traceIdFrom(traces.size === 1 ? [...traces][0] : undefined)
}

async function handleBatch(
  definition: JobDefinition,
  work: Batch<JobDefinition>,
  { Records: records }: SQSEvent,
): Promise<SQSBatchResponse> {
  const started = performance.now()
  const items: Item<unknown>[] = []
  const failures: Failures = new Map()
  for (const record of records) {
    try {
      items.push({ key: record.messageId, message: readMessage(definition, record) })
    } catch (error) {
      failures.set(record.messageId, error)
    }
  }
  if (millisLeft() < (definition.needsMillis ?? NEEDS_MILLIS)) {
    // Cut off in the middle, the batch would have been worked on in vain.
    for (const { key } of items) failures.set(key, new Error('no time left to begin'))
  } else if (items.length > 0) {
    try {
      for (const [key, error] of await work(items)) failures.set(key, error)
    } catch (error) {
      for (const { key } of items) failures.set(key, error)
    }
  }
  const retried = await settle(definition.queue, records, failures)
  log.info('batch', {
    queue: definition.queue,
    messages: records.length,
    failed: failures.size,
    retried: retried.length,
    durationMs: Math.round((performance.now() - started) * 100) / 100,
  })
  return { batchItemFailures: retried.map((itemIdentifier) => ({ itemIdentifier })) }
}

/** @throws PermanentError where the message is not one that this job knows */
function readMessage(definition: JobDefinition, record: SQSRecord): Message {
  let body: unknown
  try {
    body = JSON.parse(record.body)
  } catch {
    throw new PermanentError('the body is not JSON')
  }
  const envelope = z.safeParse(Envelope, body)
  if (!envelope.success) throw new PermanentError('the body is not one of our messages')
  const { type, version, data } = envelope.data
  const kind = definition.accepts.find((known) => known.type === type && known.version === version)
  if (kind === undefined) throw new PermanentError(`unknown message ${type} version ${version}`)
  const checked = z.safeParse(kind.schema, data)
  if (!checked.success) {
    const where = checked.error.issues.map(({ path }) => path.join('.')).join(', ')
    throw new PermanentError(`bad data in ${type} version ${version}: ${where}`)
  }
  return { ...envelope.data, data: checked.data }
}

/** Moves what can't be helped to the dead-letter queue. @returns the message ids to deliver again */
async function settle(queue: string, records: SQSRecord[], failures: Failures): Promise<string[]> {
  const retried: string[] = []
  for (const [key, error] of failures) {
    const record = records.find(({ messageId }) => messageId === key)
    if (record === undefined) continue
    const permanent = error instanceof PermanentError
    log[permanent ? 'warn' : 'info'](
      permanent ? 'message dead-lettered' : 'message will be retried',
      {
        queue,
        messageId: key,
        attempt: Number(record.attributes.ApproximateReceiveCount),
        error: describeError(error),
      },
    )
    if (!permanent || !(await deadLetter(queue, record, error))) retried.push(key)
  }
  return retried
}
