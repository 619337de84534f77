import * as z from 'zod/mini'
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

const DEPTHS = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
]

/** @returns how full one queue is; `stock-dead` is a dead-letter queue */
export async function depthsOf(
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
