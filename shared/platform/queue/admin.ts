import * as z from 'zod/mini'
import { NotFound } from '../errors/standard.ts'
import { outOfTime } from '../telemetry/scope.ts'
import { oldestMessageSeconds } from './age.ts'
import { batchesOf } from './queue.ts'
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
 * Moves the dead letters that are there now back to their queue, as far as the invocation's time goes;
 * call it again for the rest. Those that come back meanwhile, because nothing was mended, stay. Where
 * it ends in between, a message can be sent twice, never lost: consumers take duplicates.
 * @returns how many were moved
 * @throws NotFound where there is no queue of this name; Unavailable where none could be moved
 */
export async function redrive(name: string): Promise<number> {
  if (!QUEUES.some((queue) => queue === name)) throw new NotFound()
  const [present] = await depthsOf(`${name}-dead`)
  let moved = 0
  try {
    while (moved < present) {
      const step = await moveSome(name, Math.min(10, present - moved))
      if (step === 0) break
      moved += step
    }
  } catch (error) {
    // The time was up within a call. What was moved is worth an answer.
    if (moved === 0 || !outOfTime()) throw error
  }
  return moved
}

/** @returns how many of at most `count` dead letters were moved; 0 when there are none */
async function moveSome(name: string, count: number): Promise<number> {
  const deadUrl = queueUrl(`${name}-dead`)
  const { Messages: messages = [] } = await callSqs<Received>('ReceiveMessage', {
    QueueUrl: deadUrl,
    MaxNumberOfMessages: count,
    VisibilityTimeout: 60,
    // Without a wait SQS asks only some of its servers, and may find nothing where there is something.
    WaitTimeSeconds: 1,
  })
  const entries = messages.map(({ Body }, index) => ({ Id: String(index), MessageBody: Body }))
  let moved = 0
  for (const batch of batchesOf(entries)) {
    const { Successful: sent = [] } = await callSqs<BatchReply>('SendMessageBatch', {
      QueueUrl: queueUrl(name),
      Entries: batch,
    })
    if (sent.length === 0) break
    await callSqs('DeleteMessageBatch', {
      QueueUrl: deadUrl,
      Entries: sent.map(({ Id }) => ({ Id, ReceiptHandle: messages[Number(Id)]?.ReceiptHandle })),
    })
    moved += sent.length
  }
  return moved
}
