import {
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  inject,
  it,
  vi,
} from 'vitest'
import { AWS_CLIENT } from '../../../local/aws/sqs.ts'
import { NotFound } from '../../../shared/platform/errors/standard.ts'
import type * as Net from '../../../shared/platform/net/send.ts'
import { send } from '../../../shared/platform/net/send.ts'
import { queueStatuses, redrive } from '../../../shared/platform/queue/admin.ts'
import { queueUrl } from '../../../shared/platform/queue/sqs.ts'
import { withScope } from '../../../shared/platform/telemetry/scope.ts'

vi.mock(import('../../../shared/platform/net/send.ts'), { spy: true })
const real = await vi.importActual<typeof Net>('../../../shared/platform/net/send.ts')

/** A queue that nothing else in these tests uses. */
const NAME = 'export'
let sqs: SQSClient
beforeAll(() => {
  sqs = new SQSClient({ ...AWS_CLIENT, endpoint: inject('endpoints').sqs ?? '' })
})
afterAll(() => sqs.destroy())
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
    expect(await redrive(NAME)).toBe(25)
    expect(await statusOf()).toMatchObject({ visible: 25, inFlight: 0, deadLetters: 0 })
    expect((await bodiesIn(NAME)).toSorted()).toEqual(bodies.toSorted())
    expect(await redrive(NAME)).toBe(0)
  })

  it('moves letters that are together more than a call of SQS takes', async () => {
    const bodies = Array.from({ length: 10 }, (_, index) => `${index}`.padEnd(120_000, 'x'))
    await die(bodies)
    const sizes: number[] = []
    vi.mocked(send).mockImplementation((url, sending) => {
      sizes.push(String(sending?.body).length)
      return real.send(url, sending)
    })
    expect(await redrive(NAME)).toBe(10)
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
      // Count, then receive, send, delete, and again: the eighth call is in the middle of a round.
      if (++calls === 8) timer.abort(new DOMException('time is up', 'TimeoutError'))
      return real.send(url, sending)
    })
    const scope = {
      traceId: 'trace-redrive',
      functionName: 'test',
      coldStart: false,
      deadline: timer.signal,
    }
    const first = await withScope(scope, () => redrive(NAME))
    expect(first).toBe(20)
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

  it('knows only the queues of the shop', async () => {
    await expect(redrive('nothing')).rejects.toThrow(NotFound)
    await expect(redrive(`${NAME}-dead`)).rejects.toThrow(NotFound)
  })
})
