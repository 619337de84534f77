import { randomUUID } from 'node:crypto'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { AWS_CLIENT } from '../../local/aws/sqs.ts'
import { call, login, until } from '../support/client.ts'

type Letter = { id: string; type?: string; reason: string; traceId?: string; body: unknown }
type Page = { items: Letter[]; nextCursor: string | null; hidden: number }

/** Nothing else in these tests sets messages of it aside. */
const QUEUE = '/api/admin/queues/order-timeout'
let admin: string
let sqs: SQSClient
beforeAll(async () => {
  admin = (await login('admin')).accessToken
  sqs = new SQSClient({ ...AWS_CLIENT, endpoint: inject('endpoints').sqs ?? '' })
})
afterAll(() => sqs.destroy())

const die = (body: unknown) =>
  sqs.send(
    new SendMessageCommand({
      QueueUrl: `${inject('env').QUEUE_URL_PREFIX}order-timeout-dead`,
      MessageBody: JSON.stringify(body),
    }),
  )
/** A timer of an order that is not there: done as soon as its consumer has it. */
const timer = () => ({
  type: 'order.expires',
  version: 1,
  id: '01KB2Z5GJ9QW8X4V7T3N6M2R1F',
  traceId: randomUUID(),
  occurredAt: '2026-11-24T08:00:00.000Z',
  data: { orderId: '01KB2Z5GJ9QW8X4V7T3N6M2R1C', expiresAt: '2026-11-24T08:15:00.000Z' },
})
const list = async (query = '') =>
  (await call<Page>('GET', `${QUEUE}/dead-letters${query}`, { token: admin })).body.data
const post = <T>(path: string, body?: unknown) =>
  call<T>('POST', `${QUEUE}/dead-letters/${path}`, {
    token: admin,
    ...(body === undefined ? {} : { body }),
  })

describe('dead letters', () => {
  it('are listed page by page, looked at without what is personal, and moved back one by one', async () => {
    const timers = [timer(), timer(), timer()]
    for (const one of timers) await die(one)
    await die({ ...timer(), data: { phone: '13800138000', name: '王小明' } })
    const first = await list('?limit=3')
    const second = await list(`?limit=3&cursor=${first.nextCursor}`)
    const letters = [...first.items, ...second.items]
    expect([letters.length, second.nextCursor]).toEqual([4, null])
    const seen = await Promise.all(
      letters.slice(0, 1).map(async ({ id }) => {
        return (await call<Letter>('GET', `${QUEUE}/dead-letters/${id}`, { token: admin })).body
      }),
    )
    expect(seen[0]?.data).toMatchObject({ type: 'order.expires', body: { version: 1 } })

    const personal = letters.find(({ traceId }) => !timers.some((one) => one.traceId === traceId))
    const whole = await call<Letter>('GET', `${QUEUE}/dead-letters/${personal?.id}`, {
      token: admin,
    })
    expect(JSON.stringify(whole.body)).not.toMatch(/13800138000|王小明/)

    const ids = letters.filter(({ id }) => id !== personal?.id).map(({ id }) => id)
    const some = await post('redrive', { ids: ids.slice(0, 1), perSecond: 10 })
    expect(some.body.data).toEqual({ moved: 1, left: 0 })
    expect((await post('redrive', { ids: ids.slice(1) })).body.data).toEqual({ moved: 2, left: 0 })
    // Mended: their consumer has done them, and they don't come back.
    await until(
      async () => {
        const { body } = await call<{ name: string; visible: number; inFlight: number }[]>(
          'GET',
          '/api/admin/queues',
          { token: admin },
        )
        return body.data.find(({ name }) => name === 'order-timeout')
      },
      (status) => status?.visible === 0 && status.inFlight === 0,
    )
    expect((await list()).items.map(({ id }) => id)).toEqual([personal?.id])
    expect((await post('discard', { all: true, reason: 'e2e' })).body.data).toEqual({
      discarded: 1,
      left: 0,
    })
  })

  it('are thrown away for a reason, which is written down with who gave it', async () => {
    await die(timer())
    const [letter] = (await list()).items
    for (const wrong of [{}, { ids: [letter?.id] }, { reason: 'x' }, { all: false, reason: 'x' }]) {
      expect((await post('discard', wrong)).body.code, JSON.stringify(wrong)).toBe(40001)
    }
    const both = { ids: [letter?.id], all: true, reason: 'x' }
    expect((await post('discard', both)).body.code).toBe(40001)
    const reason = `e2e ${randomUUID()}`
    const done = await post('discard', { ids: [letter?.id], reason })
    expect(done.body.data).toEqual({ discarded: 1, left: 0 })
    expect((await list()).items).toEqual([])
    type Discarded = { items: { letterId: string; reason: string; actorId: string }[] }
    const { body } = await call<Discarded>('GET', `${QUEUE}/discarded?limit=1`, { token: admin })
    expect(body.data.items[0]).toMatchObject({ letterId: letter?.id, reason })
    const { id } = (await login('admin')).user
    expect(body.data.items[0]?.actorId).toBe(id)
    expect((await post('redrive')).body.data).toEqual({ moved: 0, left: 0 })
  })

  it('are nothing for anybody else, and only of queues that there are', async () => {
    const { accessToken: user } = await login(`user-${randomUUID()}`)
    const id = randomUUID()
    for (const [method, path, body] of [
      ['GET', 'dead-letters', undefined],
      ['GET', `dead-letters/${id}`, undefined],
      ['POST', 'dead-letters/redrive', {}],
      ['POST', 'dead-letters/discard', { all: true, reason: 'x' }],
      ['GET', 'discarded', undefined],
    ] as const) {
      const options = body === undefined ? {} : { body }
      const ask = (token: string, queue = QUEUE) =>
        call(method, `${queue}/${path}`, { token, ...options })
      expect((await ask(user)).body.code, path).toBe(40301)
      expect((await ask(admin, '/api/admin/queues/nothing')).body.code, path).toBe(40401)
    }
    const gone = await call('GET', `${QUEUE}/dead-letters/${id}`, { token: admin })
    expect(gone.body.code).toBe(40401)
  })
})

describe('the jobs of the clock', () => {
  it('tell admins what they did, and nobody else', async () => {
    const { status, body } = await call<unknown[]>('GET', '/api/admin/jobs', { token: admin })
    expect([status, Array.isArray(body.data)]).toEqual([200, true])
    const { accessToken: user } = await login(`user-${randomUUID()}`)
    expect((await call('GET', '/api/admin/jobs', { token: user })).body.code).toBe(40301)
  })
})
