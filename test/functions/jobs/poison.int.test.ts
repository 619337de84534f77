import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import type { SQSEvent } from 'aws-lambda'
import { expect, it } from 'vitest'
import { startEventSource } from '../../../local/serverless/event-source.ts'
import type { Job } from '../../../shared/platform/jobs/job.ts'
import type { Message } from '../../../shared/platform/queue/message.ts'
import { until } from '../../support/client.ts'
import { contextOf } from '../../support/context.ts'
import { orderOf } from '../../support/orders.ts'
import { ownQueues } from '../../support/queues.ts'

// Seen again at once: the tries of half an hour take a moment.
const { sqs, specs, urlOf } = ownQueues({
  VisibilityTimeout: '0',
  ReceiveMessageWaitTimeSeconds: '0',
})

const ORDER = '01KB2Z5GJ9QW8X4V7T3N6M2R1C'
let broken = true
const done: string[] = []
/** What each job is built over: a part of the shop that has a defect, until it is mended. */
const work = async (what: unknown) => {
  if (broken) throw new Error('a defect')
  done.push(JSON.stringify(what))
}

type Case = { queue: string; job: Job; messages: Message[] }

/** Loaded after the settings of this file are made, which functions read when they are loaded. */
async function cases(): Promise<Case[]> {
  const [orders, campaigns, exports] = await Promise.all([
    import('../../../shared/domain/orders/messages.ts'),
    import('../../../shared/domain/campaigns/messages.ts'),
    import('../../../shared/domain/exports/messages.ts'),
  ])
  const [stock, email, notify, timeout, exporting] = await Promise.all([
    import('../../../functions/jobs/stock.ts'),
    import('../../../functions/jobs/email.ts'),
    import('../../../functions/jobs/notify.ts'),
    import('../../../functions/jobs/order-timeout.ts'),
    import('../../../functions/jobs/export.ts'),
  ])
  const moved = (userId: string) => orders.OrderMoved.of({ orderId: ORDER, userId, to: 'paid' })
  const expires = (second: number) =>
    orders.OrderExpires.of({ orderId: ORDER, expiresAt: new Date(second * 1000).toISOString() })
  const three = [1, 2, 3]
  return [
    {
      queue: 'stock',
      job: stock.build(async (all) => {
        for (const order of all) await work(order)
      }),
      messages: three.map((n) => orders.OrderAccepted.of(orderOf({ [n]: 1 }))),
    },
    {
      queue: 'email',
      job: email.build({ expand: work }, { send: work, bounced: work }, { send: work }),
      messages: three.map((n) => campaigns.ExpandCampaign.of({ campaignId: ORDER, after: `${n}` })),
    },
    {
      queue: 'notify',
      job: notify.build({ tell: work }, { check: work }),
      messages: three.map((n) => moved(`${n}`)),
    },
    { queue: 'order-timeout', job: timeout.build({ onTimer: work }), messages: three.map(expires) },
    {
      queue: 'export',
      job: exporting.build({ run: work }),
      messages: three.map((run) => exports.RunExport.of({ exportId: ORDER, run })),
    },
  ]
}

it('poison is tried exactly as often as the queue says, set aside, and done once when it is redriven', async () => {
  const { send } = await import('../../../shared/platform/queue/queue.ts')
  const { queueStatuses } = await import('../../../shared/platform/queue/admin.ts')
  const { redrive } = await import('../../../shared/platform/queue/dead-letters.ts')
  const all = await cases()
  const tries = new Map<string, number>()
  const sources = all.map(({ queue, job }) =>
    startEventSource({
      sqs,
      queueUrl: urlOf(queue),
      queueArn: `arn:aws:sqs:test:000000000000:${queue}`,
      region: 'test',
      batchSize: 10,
      batchingWindow: 0,
      concurrency: 2,
      reportBatchItemFailures: true,
      invoke: (event) => {
        for (const { body } of (event as SQSEvent).Records) {
          const { id } = JSON.parse(body) as Message
          tries.set(id, (tries.get(id) ?? 0) + 1)
        }
        return job(event as SQSEvent, contextOf())
      },
      onError: (message) => console.error(message),
    }),
  )
  try {
    for (const { queue, messages } of all) {
      expect(
        await send(
          queue,
          messages.map((message) => ({ message })),
        ),
      ).toEqual({ failed: [] })
    }
    await until(queueStatuses, (queues) => queues.every(({ deadLetters }) => deadLetters === 3))
    for (const { queue, messages } of all) {
      const policy = specs.find(({ name }) => name.endsWith(`-${queue}`))?.attributes.RedrivePolicy
      const { maxReceiveCount } = JSON.parse(policy ?? '{}') as { maxReceiveCount: number }
      const counted = messages.map(({ id }) => tries.get(id))
      expect(counted, queue).toEqual([maxReceiveCount, maxReceiveCount, maxReceiveCount])
    }

    broken = false
    for (const { queue } of all) {
      const Attributes = { VisibilityTimeout: '30' }
      await sqs.send(new SetQueueAttributesCommand({ QueueUrl: urlOf(queue), Attributes }))
      expect(await redrive(queue)).toEqual({ done: 3, left: 0 })
    }
    await until(queueStatuses, (queues) =>
      queues.every(({ visible, inFlight, deadLetters }) => visible + inFlight + deadLetters === 0),
    )
    expect([done.length, new Set(done).size]).toEqual([15, 15])
  } finally {
    await Promise.all(sources.map((source) => source.stop()))
  }
})
