import '../../support/settings.ts'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Context, SQSEvent } from 'aws-lambda'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod/mini'
import { batchJob, messageJob, on, PermanentError } from '../../../shared/platform/jobs/job.ts'
import { messageType } from '../../../shared/platform/queue/message.ts'
import { currentScope } from '../../../shared/platform/telemetry/scope.ts'
import { contextOf } from '../../support/context.ts'

const Greeting = messageType('greeting', 1, z.object({ name: z.string() }))
const context = { functionName: 'test' } as Context

/** An SQS that takes messages for the dead-letter queue, or fails on demand. */
let sqs: Server
const dead: { url: string; body: string; reason: string }[] = []
let sqsFails = false

beforeAll(async () => {
  sqs = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const { QueueUrl, MessageBody, MessageAttributes } = JSON.parse(text)
    if (sqsFails) response.statusCode = 500
    else
      dead.push({ url: QueueUrl, body: MessageBody, reason: MessageAttributes.reason.StringValue })
    response.end('{}')
  })
  await new Promise<void>((resolve) => sqs.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(sqs.address() as AddressInfo).port}`
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', endpoint)
  vi.stubEnv('QUEUE_URL_PREFIX', `${endpoint}/000000000000/minimall-test-`)
})
beforeEach(() => {
  dead.length = 0
  sqsFails = false
})
afterAll(() => sqs.close())

function eventOf(...bodies: unknown[]): SQSEvent {
  const Records = bodies.map((body, index) => ({
    messageId: `m${index}`,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    attributes: { ApproximateReceiveCount: '1' },
  }))
  return { Records } as unknown as SQSEvent
}
const failuresOf = async (result: ReturnType<ReturnType<typeof batchJob>>) =>
  (await result).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)

describe('a job', () => {
  const definition = { queue: 'email', accepts: [Greeting] } as const
  const jobOf = (handle: Parameters<typeof on<{ name: string }>>[1]) =>
    messageJob('email', [on(Greeting, handle)])

  it('hands over checked data and lets what is done go', async () => {
    const names: string[] = []
    const job = jobOf(async ({ data }) => void names.push(data.name))
    const failed = job(eventOf(Greeting.of({ name: 'a' }), Greeting.of({ name: 'b' })), context)
    expect(await failuresOf(failed)).toEqual([])
    expect(names).toEqual(['a', 'b'])
  })

  it('has only what failed delivered again', async () => {
    const job = jobOf(async ({ data }) => {
      if (data.name === 'b') throw new Error('not now')
    })
    const event = eventOf(Greeting.of({ name: 'a' }), Greeting.of({ name: 'b' }))
    expect(await failuresOf(job(event, context))).toEqual(['m1'])
    expect(dead).toEqual([])
  })

  it('dead-letters what can never succeed, as it came and with the reason', async () => {
    const job = jobOf(async () => {
      throw new PermanentError('no such campaign')
    })
    const message = Greeting.of({ name: 'a' })
    expect(await failuresOf(job(eventOf(message), context))).toEqual([])
    expect(dead).toEqual([
      {
        url: expect.stringMatching(/minimall-test-email-dead$/),
        body: JSON.stringify(message),
        reason: 'no such campaign',
      },
    ])
  })

  it.each([
    ['not JSON', '{'],
    ['no envelope', { hello: 1 }],
    ['an unknown type', { ...Greeting.of({ name: 'a' }), type: 'farewell' }],
    ['an unknown version', { ...Greeting.of({ name: 'a' }), version: 2 }],
    ['bad data', { ...Greeting.of({ name: 'a' }), data: { name: 1 } }],
  ])('dead-letters %s and does the rest', async (_, bad) => {
    const seen: string[] = []
    const job = jobOf(async ({ data }) => void seen.push(data.name))
    expect(await failuresOf(job(eventOf(bad, Greeting.of({ name: 'good' })), context))).toEqual([])
    expect(dead).toHaveLength(1)
    expect(seen).toEqual(['good'])
  })

  it('hands a batch back, untouched, when there is no time to do it', async () => {
    const seen: string[] = []
    const job = jobOf(async ({ data }) => void seen.push(data.name))
    const late = contextOf(1_000)
    const event = eventOf(Greeting.of({ name: 'a' }), Greeting.of({ name: 'b' }), '{')
    expect(await failuresOf(job(event, late))).toEqual(['m0', 'm1'])
    expect([seen, dead.length]).toEqual([[], 1])
  })

  it('keeps a message in its queue when the dead-letter queue does not take it', async () => {
    sqsFails = true
    const job = jobOf(async () => undefined)
    expect(await failuresOf(job(eventOf('{'), context))).toEqual(['m0'])
  })

  it('has the whole batch delivered again when the batch throws', async () => {
    const job = batchJob(definition, async () => {
      throw new Error('database gone')
    })
    const event = eventOf(Greeting.of({ name: 'a' }), Greeting.of({ name: 'b' }))
    expect(await failuresOf(job(event, context))).toEqual(['m0', 'm1'])
  })

  it('runs in the trace of its message', async () => {
    let traceId: string | undefined
    const job = jobOf(async () => {
      traceId = currentScope()?.traceId
    })
    await job(eventOf({ ...Greeting.of({ name: 'a' }), traceId: 'trace-of-order-1' }), context)
    expect(traceId).toBe('trace-of-order-1')
  })
})
