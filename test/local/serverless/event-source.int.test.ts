import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import type { SQSEvent } from 'aws-lambda'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import { AWS_CLIENT } from '../../../local/aws/sqs.ts'
import { untilReady } from '../../../local/lib/wait.ts'
import {
  type EventSource,
  type EventSourceOptions,
  startEventSource,
} from '../../../local/serverless/event-source.ts'

let sqs: SQSClient
let source: EventSource | undefined

beforeAll(() => {
  sqs = new SQSClient({ ...AWS_CLIENT, endpoint: inject('endpoints').sqs ?? '' })
})
afterEach(async () => {
  await source?.stop()
  source = undefined
})
afterAll(() => sqs.destroy())

async function newQueue(attributes: Record<string, string> = {}): Promise<string> {
  const name = `test-${randomUUID()}`
  await sqs.send(
    new CreateQueueCommand({
      QueueName: name,
      Attributes: { VisibilityTimeout: '1', ...attributes },
    }),
  )
  return `${inject('endpoints').sqs}/000000000000/${name}`
}
async function send(queueUrl: string, bodies: string[]): Promise<void> {
  const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }))
  await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }))
}
async function depth(queueUrl: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  )
  return (
    Number(Attributes.ApproximateNumberOfMessages) +
    Number(Attributes.ApproximateNumberOfMessagesNotVisible)
  )
}

type Handle = (event: SQSEvent) => unknown
function listen(
  queueUrl: string,
  handle: Handle,
  over: Partial<EventSourceOptions> = {},
): SQSEvent[] {
  const events: SQSEvent[] = []
  source = startEventSource({
    sqs,
    queueUrl,
    queueArn: 'arn:aws:sqs:ap-southeast-1:000000000000:test',
    region: 'ap-southeast-1',
    batchSize: 10,
    batchingWindow: 0,
    concurrency: 1,
    reportBatchItemFailures: true,
    invoke: async (event) => {
      events.push(event as SQSEvent)
      return handle(event as SQSEvent)
    },
    onError: (message) => {
      throw new Error(message)
    },
    ...over,
  })
  return events
}
const bodies = (events: SQSEvent[]) =>
  events.flatMap(({ Records }) => Records.map(({ body }) => body))
const seen = (events: SQSEvent[], count: number) =>
  untilReady(
    `${count} messages`,
    async () => expect(bodies(events).length).toBeGreaterThanOrEqual(count),
    { timeoutMillis: 15_000 },
  )
const drained = (queueUrl: string) =>
  untilReady('an empty queue', async () => expect(await depth(queueUrl)).toBe(0), {
    timeoutMillis: 15_000,
  })

describe('an event source', () => {
  it("hands over records in Lambda's shape and deletes what was done", async () => {
    const queue = await newQueue()
    await send(queue, ['hello'])
    const events = listen(queue, () => ({ batchItemFailures: [] }))
    await drained(queue)
    expect(events).toEqual([
      {
        Records: [
          {
            messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
            receiptHandle: expect.any(String),
            body: 'hello',
            attributes: expect.objectContaining({
              ApproximateReceiveCount: '1',
              SentTimestamp: expect.stringMatching(/^\d+$/),
            }),
            messageAttributes: {},
            md5OfBody: '5d41402abc4b2a76b9719d911017c592',
            eventSource: 'aws:sqs',
            eventSourceARN: 'arn:aws:sqs:ap-southeast-1:000000000000:test',
            awsRegion: 'ap-southeast-1',
          },
        ],
      },
    ])
  })

  it('brings back only what failed, after the visibility timeout', async () => {
    const queue = await newQueue()
    await send(queue, ['good', 'bad'])
    let failures = 1
    const events = listen(queue, ({ Records }) => ({
      batchItemFailures: Records.filter(({ body }) => body === 'bad' && failures-- > 0).map(
        ({ messageId }) => ({ itemIdentifier: messageId }),
      ),
    }))
    await drained(queue)
    expect(bodies(events).toSorted()).toEqual(['bad', 'bad', 'good'])
    expect(events.at(-1)?.Records[0]?.attributes.ApproximateReceiveCount).toBe('2')
  })

  it('brings the whole batch back when the function throws, or names what was not there', async () => {
    for (const broken of [
      () => Promise.reject(new Error('no')),
      () => ({ batchItemFailures: [{ itemIdentifier: 'z' }] }),
    ]) {
      const queue = await newQueue()
      await send(queue, ['a', 'b'])
      let first = true
      const events = listen(queue, () => {
        if (!first) return { batchItemFailures: [] }
        first = false
        return broken()
      })
      await drained(queue)
      expect(bodies(events).toSorted()).toEqual(['a', 'a', 'b', 'b'])
      await source?.stop()
    }
  })

  it('without partial responses takes any answer for success', async () => {
    const queue = await newQueue()
    await send(queue, ['a'])
    const events = listen(queue, () => ({ batchItemFailures: [{ itemIdentifier: 'z' }] }), {
      reportBatchItemFailures: false,
    })
    await drained(queue)
    expect(bodies(events)).toEqual(['a'])
  })

  it('waits for a batch to fill, and no longer than its window', async () => {
    const queue = await newQueue({ VisibilityTimeout: '30' })
    const events = listen(queue, () => undefined, { batchingWindow: 1, batchSize: 25 })
    for (let i = 0; i < 2; i++)
      await send(
        queue,
        Array.from({ length: 10 }, (_, n) => `${i}-${n}`),
      )
    await drained(queue)
    expect(bodies(events)).toHaveLength(20)
    expect(events.length).toBeLessThanOrEqual(2)
  })

  it('never hands over more than an invocation can hold', async () => {
    const queue = await newQueue({ VisibilityTimeout: '30' })
    for (let i = 0; i < 8; i++) await send(queue, ['x'.repeat(1_000_000)])
    const events = listen(queue, () => undefined, { batchingWindow: 1, batchSize: 25 })
    await drained(queue)
    expect(bodies(events)).toHaveLength(8)
    for (const event of events) expect(JSON.stringify(event).length).toBeLessThan(6 * 1024 * 1024)
  })

  it('keeps to its concurrency, and uses it', async () => {
    const queue = await newQueue({ VisibilityTimeout: '30' })
    await send(
      queue,
      Array.from({ length: 10 }, (_, n) => String(n)),
    )
    let running = 0
    let most = 0
    listen(
      queue,
      async () => {
        most = Math.max(most, ++running)
        await sleep(50)
        running--
      },
      { batchSize: 1, concurrency: 3 },
    )
    await drained(queue)
    expect(most).toBe(3)
  })

  it('leaves a message to the dead-letter queue after its tries', async () => {
    const dead = await newQueue()
    const arn = `arn:aws:sqs:ap-southeast-1:000000000000:${dead.split('/').at(-1)}`
    const queue = await newQueue({
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn, maxReceiveCount: 2 }),
    })
    await send(queue, ['poison'])
    const events = listen(queue, () => Promise.reject(new Error('no')))
    await untilReady('a dead letter', async () => expect(await depth(dead)).toBe(1), {
      timeoutMillis: 15_000,
    })
    expect(bodies(events)).toEqual(['poison', 'poison'])
  })

  it('finishes what is in flight when it is stopped, and takes nothing more', async () => {
    const queue = await newQueue({ VisibilityTimeout: '30' })
    await send(queue, ['first'])
    let finish = () => {}
    const events = listen(
      queue,
      () =>
        new Promise<void>((resolve) => {
          finish = resolve
        }),
    )
    await seen(events, 1)
    const stopped = source?.stop()
    await send(queue, ['second'])
    finish()
    await stopped
    expect(bodies(events)).toEqual(['first'])
    expect(await depth(queue)).toBe(1)
  })
})
