import * as z from 'zod/mini'
import { NotFound } from '../errors/standard.ts'
import { currentScope } from '../telemetry/scope.ts'
import { oldestMessageSeconds } from './age.ts'
import { callSqs, queueUrl } from './sqs.ts'

/** Every queue of serverless.yml; a test holds the two against each other. */
export const QUEUES = ['stock', 'email', 'notify', 'order-timeout', 'export'] as const

export const QueueStatus = z.object({
  name: z.string(),
  visible: z.int(),
  inFlight: z.int(),
  delayed: z.int(),
  deadLetters: z.int(),
  oldestAgeSeconds: z.int(),
})
export type QueueStatus = z.output<typeof QueueStatus>

type Attributes = { Attributes?: Record<string, string> }
type Received = { Messages?: { MessageId: string; ReceiptHandle: string; Body: string }[] }
type BatchReply = { Successful?: { Id: string }[] }

const DEPTHS = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
]

async function depthsOf(
  name: string,
): Promise<[visible: number, inFlight: number, delayed: number]> {
  const { Attributes: found = {} } = await callSqs<Attributes>('GetQueueAttributes', {
    QueueUrl: queueUrl(name),
    AttributeNames: DEPTHS,
  })
  const [visible = 0, inFlight = 0, delayed = 0] = DEPTHS.map((key) => Number(found[key] ?? 0))
  return [visible, inFlight, delayed]
}

/** @returns how full each queue is; SQS counts approximately */
export async function queueStatuses(): Promise<QueueStatus[]> {
  return Promise.all(
    QUEUES.map(async (name) => {
      const [[visible, inFlight, delayed], [deadLetters], oldestAgeSeconds] = await Promise.all([
        depthsOf(name),
        depthsOf(`${name}-dead`),
        oldestMessageSeconds(name),
      ])
      return { name, visible, inFlight, delayed, deadLetters, oldestAgeSeconds }
    }),
  )
}

/**
 * Moves the dead letters that are there now back to their queue, as far as the invocation's time goes.
 * Those that come back meanwhile, because nothing was mended, stay. A crash in between can send a message twice, never lose it: consumers take duplicates.
 * @returns how many were moved
 * @throws NotFound where there is no queue of this name
 */
export async function redrive(name: string): Promise<number> {
  if (!QUEUES.some((queue) => queue === name)) throw new NotFound()
  const deadUrl = queueUrl(`${name}-dead`)
  const [present] = await depthsOf(`${name}-dead`)
  let moved = 0
  while (moved < present && currentScope()?.deadline.aborted !== true) {
    const { Messages: messages = [] } = await callSqs<Received>('ReceiveMessage', {
      QueueUrl: deadUrl,
      MaxNumberOfMessages: Math.min(10, present - moved),
      VisibilityTimeout: 60,
    })
    if (messages.length === 0) break
    const sent = await callSqs<BatchReply>('SendMessageBatch', {
      QueueUrl: queueUrl(name),
      Entries: messages.map(({ Body }, index) => ({ Id: String(index), MessageBody: Body })),
    })
    const safe = (sent.Successful ?? []).map(({ Id }) => messages[Number(Id)])
    const handles = safe.filter((message) => message !== undefined)
    if (handles.length === 0) break
    await callSqs('DeleteMessageBatch', {
      QueueUrl: deadUrl,
      Entries: handles.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
    })
    moved += handles.length
  }
  return moved
}
