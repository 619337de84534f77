import {
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { NotFound } from '../../../shared/platform/errors/standard.ts'
import type * as Net from '../../../shared/platform/net/send.ts'
import { send } from '../../../shared/platform/net/send.ts'
import { queueStatuses } from '../../../shared/platform/queue/admin.ts'
import { lookAt, redrive } from '../../../shared/platform/queue/dead-letters.ts'
import { receiveLetters } from '../../../shared/platform/queue/letters.ts'
import { queueUrl } from '../../../shared/platform/queue/sqs.ts'
import { withScope } from '../../../shared/platform/telemetry/scope.ts'
import { ownQueues } from '../../support/queues.ts'

vi.mock(import('../../../shared/platform/net/send.ts'), { spy: true })
const real = await vi.importActual<typeof Net>('../../../shared/platform/net/send.ts')

const NAME = 'export'
const { sqs } = ownQueues()
beforeEach(async () => {
  for (const name of [NAME, `${NAME}-dead`])
    await sqs.send(new PurgeQueueCommand({ QueueUrl: queueUrl(name) }))
})
afterEach(() => vi.mocked(send).mockReset())

async function die(bodies: readonly string[]): Promise<void> {
  for (let at = 0; at < bodies.length; at += 2) {
    const Entries = bodies
      .slice(at, at + 2)
      .map((MessageBody, index) => ({ Id: String(index), MessageBody }))
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl(`${NAME}-dead`), Entries }))
  }
}

async function bodiesIn(name: string): Promise<string[]> {
  const bodies: string[] = []
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl(name),
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 0,
      }),
    )
    if (Messages.length === 0) return bodies
    bodies.push(...Messages.map(({ Body = '' }) => Body))
  }
}

const statusOf = async () => (await queueStatuses()).find(({ name }) => name === NAME)

describe('a redrive', () => {
  it('moves every dead letter back as it was', async () => {
    const bodies = Array.from({ length: 25 }, (_, index) => `{"n":${index},"text":"杯 ☕"}`)
    await die(bodies)
    expect(await statusOf()).toMatchObject({ visible: 0, deadLetters: 25 })
    expect(await redrive(NAME)).toEqual({ done: 25, left: 0 })
    expect(await statusOf()).toMatchObject({ visible: 25, inFlight: 0, deadLetters: 0 })
    expect((await bodiesIn(NAME)).toSorted()).toEqual(bodies.toSorted())
    expect(await redrive(NAME)).toEqual({ done: 0, left: 0 })
  })

  it('moves letters that are together more than a call of SQS takes', async () => {
    const bodies = Array.from({ length: 10 }, (_, index) => `${index}`.padEnd(120_000, 'x'))
    await die(bodies)
    const sizes: number[] = []
    vi.mocked(send).mockImplementation((url, sending) => {
      sizes.push(String(sending?.body).length)
      return real.send(url, sending)
    })
    expect(await redrive(NAME)).toEqual({ done: 10, left: 0 })
    vi.mocked(send).mockReset()
    expect(Math.max(...sizes)).toBeGreaterThan(120_000)
    expect(Math.max(...sizes)).toBeLessThan(256 * 1024)
    expect((await bodiesIn(NAME)).toSorted()).toEqual(bodies.toSorted())
  })

  it('says how far it came when its time is up, and loses none', async () => {
    const bodies = Array.from({ length: 40 }, (_, index) => `letter ${index}`)
    await die(bodies)
    const timer = new AbortController()
    let calls = 0
    vi.mocked(send).mockImplementation((url, sending) => {
      // Twice a count, then receive, send, delete, and again: the ninth is in the middle of a round.
      if (++calls === 9) timer.abort(new DOMException('time is up', 'TimeoutError'))
      return real.send(url, sending)
    })
    const scope = {
      traceId: 'trace-redrive',
      functionName: 'test',
      coldStart: false,
      deadline: timer.signal,
    }
    const first = await withScope(scope, () => redrive(NAME))
    expect(first).toEqual({ done: 20, left: 20 })
    vi.mocked(send).mockReset()
    expect(new Set(await bodiesIn(NAME)).size).toBe(20)
    // The third round may have received its ten already: they are hidden for a minute, not gone.
    const { Attributes: left = {} } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: queueUrl(`${NAME}-dead`),
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    )
    expect(Object.values(left).reduce((sum, count) => sum + Number(count), 0)).toBe(20)
  })

  it('keeps to its rate', async () => {
    await die(Array.from({ length: 14 }, (_, index) => `letter ${index}`))
    const began = performance.now()
    expect(await redrive(NAME, { perSecond: 20 })).toEqual({ done: 14, left: 0 })
    // Ten at once, and the others when their time has come.
    expect(performance.now() - began).toBeGreaterThan(450)
  })

  it('that would outlast its invocation stops in time, says what is left, and holds nothing back', async () => {
    await die(Array.from({ length: 5 }, (_, index) => `letter ${index}`))
    const scope = {
      traceId: 'trace-redrive',
      functionName: 'test',
      coldStart: false,
      deadline: new AbortController().signal,
      endsAt: Date.now() + 60_000,
    }
    const slow = { perSecond: 1 / 3600 }
    expect(await withScope(scope, () => redrive(NAME, slow))).toEqual({ done: 1, left: 4 })
    expect(await redrive(NAME)).toEqual({ done: 4, left: 0 })
  })

  it('of some moves those and leaves the others in sight', async () => {
    await die(Array.from({ length: 24 }, (_, index) => `letter ${index}`))
    const { letters } = await lookAt(NAME)
    const ids = [3, 11, 20].flatMap((at) => letters[at]?.id ?? [])
    const twice = [...ids, ...ids.slice(0, 1), 'nothing']
    expect(await redrive(NAME, { ids: twice })).toEqual({ done: 3, left: 1 })
    expect((await bodiesIn(NAME)).toSorted()).toEqual(
      letters
        .filter(({ id }) => ids.includes(id))
        .map(({ body }) => body)
        .toSorted(),
    )
    expect(await statusOf()).toMatchObject({ deadLetters: 21 })
  })

  it('by two admins at once moves each once', async () => {
    const bodies = Array.from({ length: 60 }, (_, index) => `letter ${index}`)
    await die(bodies)
    const [one, other] = await Promise.all([redrive(NAME), redrive(NAME)])
    expect(one.done + other.done).toBe(60)
    expect((await bodiesIn(NAME)).toSorted()).toEqual(bodies.toSorted())
  })

  it('that is cut off between sending and deleting loses none', async () => {
    const bodies = Array.from({ length: 10 }, (_, index) => `letter ${index}`)
    await die(bodies)
    vi.mocked(send).mockImplementation((url, sending) => {
      const deletes = JSON.stringify(sending?.headers).includes('DeleteMessageBatch')
      return deletes ? Promise.reject(new Error('cut off')) : real.send(url, sending)
    })
    await expect(redrive(NAME)).rejects.toThrow()
    vi.mocked(send).mockReset()
    expect((await bodiesIn(NAME)).toSorted()).toEqual(bodies.toSorted())
  })

  it('knows only the queues of the shop', async () => {
    await expect(redrive('nothing')).rejects.toThrow(NotFound)
    await expect(redrive(`${NAME}-dead`)).rejects.toThrow(NotFound)
  })
})

describe('a look', () => {
  it('sees every letter with its reason, the oldest first, and hides none after', async () => {
    const bodies = Array.from({ length: 23 }, (_, index) => `letter ${index}`)
    await die(bodies)
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: queueUrl(`${NAME}-dead`),
        MessageBody: 'the last',
        MessageAttributes: { reason: { DataType: 'String', StringValue: 'no such export' } },
      }),
    )
    for (let look = 1; look <= 2; look++) {
      const { letters, hidden } = await lookAt(NAME)
      expect(letters.map(({ body }) => body).toSorted()).toEqual([...bodies, 'the last'].toSorted())
      expect(letters.find(({ body }) => body === 'the last')?.reason).toBe('no such export')
      expect(letters.every(({ receivedCount }) => receivedCount === look)).toBe(true)
      const times = letters.map(({ sentAt }) => sentAt.getTime())
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      expect(hidden).toBe(0)
    }
  })

  it('tells how many somebody else has in hand', async () => {
    await die(['a', 'b', 'c'])
    await receiveLetters(NAME, 2, 0)
    const { letters, hidden } = await lookAt(NAME)
    expect([letters.length, hidden]).toEqual([1, 2])
  })
})
