import { setTimeout as sleep } from 'node:timers/promises'
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { failedOf } from './batch-result.ts'

/** SQS hands out at most ten messages a call. */
const RECEIVE_COUNT = 10
/** Short, because a poll is waited for at the end: one that is cut off takes its messages along. */
const WAIT_SECONDS = 1
const RETRY_MILLIS = 500
const POLL_MILLIS = 50
/** Lambda's limit of one invocation; what does not fit goes into the next one. */
const PAYLOAD_BYTES = 6 * 1024 * 1024

export type EventSourceOptions = {
  sqs: SQSClient
  queueUrl: string
  queueArn: string
  region: string
  /** Most messages of one invocation. */
  batchSize: number
  /** Seconds to wait for a batch to fill. */
  batchingWindow: number
  /** Most invocations at once. */
  concurrency: number
  reportBatchItemFailures: boolean
  invoke(event: unknown): Promise<unknown>
  onError(message: string): void
}

export type EventSource = {
  /** Takes no more messages and waits for those in flight. */
  stop(): Promise<void>
}

/**
 * Lambda's side of an SQS event source: polls, invokes, and deletes what was done. What failed stays
 * in the queue until its visibility timeout, as in Lambda.
 */
export function startEventSource(options: EventSourceOptions): EventSource {
  const stopping = new AbortController()
  const workers = Array.from({ length: options.concurrency }, () => work(options, stopping.signal))
  return {
    async stop() {
      stopping.abort()
      await Promise.all(workers)
    },
  }
}

async function work(options: EventSourceOptions, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    try {
      const messages = await fillBatch(options, stopping)
      for (const batch of splitByPayload(messages)) await handle(options, batch)
    } catch (error) {
      if (stopping.aborted) return
      options.onError(`${options.queueUrl}: ${(error as Error).message}`)
      await sleep(RETRY_MILLIS)
    }
  }
}

/** Collects messages until the batch is full or its window over. */
async function fillBatch(options: EventSourceOptions, stopping: AbortSignal): Promise<Message[]> {
  const messages = await receive(options, options.batchSize, WAIT_SECONDS)
  if (messages.length === 0) return messages
  const until = performance.now() + options.batchingWindow * 1000
  while (messages.length < options.batchSize && performance.now() < until && !stopping.aborted) {
    const more = await receive(options, options.batchSize - messages.length, 0).catch(() => [])
    messages.push(...more)
    if (more.length === 0) await sleep(POLL_MILLIS)
  }
  return messages
}

/** Cuts messages into batches that each fit an invocation. */
function splitByPayload(messages: Message[]): Message[][] {
  const batches: Message[][] = []
  let free = 0
  for (const message of messages) {
    const bytes = Buffer.byteLength(JSON.stringify(message))
    if (bytes > free) {
      batches.push([])
      free = PAYLOAD_BYTES
    }
    batches.at(-1)?.push(message)
    free -= bytes
  }
  return batches
}

async function receive(
  { sqs, queueUrl }: EventSourceOptions,
  count: number,
  waitSeconds: number,
): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl: queueUrl,
    MaxNumberOfMessages: Math.min(count, RECEIVE_COUNT),
    WaitTimeSeconds: waitSeconds,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  })
  const { Messages = [] } = await sqs.send(command)
  return Messages
}

async function handle(options: EventSourceOptions, messages: Message[]): Promise<void> {
  const ids = messages.map(({ MessageId = '' }) => MessageId)
  let failed: Set<string>
  try {
    const result = await options.invoke({
      Records: messages.map((message) => toRecord(options, message)),
    })
    failed = options.reportBatchItemFailures ? failedOf(result, ids) : new Set()
  } catch {
    failed = new Set(ids)
  }
  const done = messages.filter(({ MessageId = '' }) => !failed.has(MessageId))
  for (let start = 0; start < done.length; start += RECEIVE_COUNT) {
    const Entries = done
      .slice(start, start + RECEIVE_COUNT)
      .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }))
    const { Failed = [] } = await options.sqs.send(
      new DeleteMessageBatchCommand({ QueueUrl: options.queueUrl, Entries }),
    )
    if (Failed.length > 0) options.onError(`${Failed.length} messages could not be deleted`)
  }
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
function toRecord({ queueArn, region }: EventSourceOptions, message: Message) {
  const attributes = Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [
    name,
    {
      dataType: value.DataType,
      stringValue: value.StringValue,
      binaryValue: value.BinaryValue && Buffer.from(value.BinaryValue).toString('base64'),
      stringListValues: [],
      binaryListValues: [],
    },
  ])
  return {
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(attributes),
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  }
}
