import { randomUUID } from 'node:crypto'
import { describe, expect, inject, it } from 'vitest'
import { limits } from '../../shared/domain/limits.ts'
import { type Answer, call, login, send } from '../support/client.ts'

const { burst = 0 } = limits.phone.user ?? {}

/** Too many requests of one user, at once; none of them is well-formed, and all are counted. */
const hammer = (token: string, times: number) =>
  Promise.all(
    Array.from({ length: times }, () => call('POST', '/api/user/phone', { token, body: {} })),
  )
const codesOf = (answers: Answer[]) => new Set(answers.map(({ body }) => body.code))

describe('a user who sends too many requests', () => {
  it('gets 42901 with the limit and the time to wait, and nobody else does', async () => {
    const { accessToken: token } = await login(`hammer-${randomUUID()}`)
    const answers = await hammer(token, burst * 3)
    expect(codesOf(answers)).toEqual(new Set([40001, 42901]))
    const refused = answers.filter(({ status }) => status === 429)
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(burst)
    for (const { headers, body } of refused) {
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
      expect(headers.get('ratelimit')).toMatch(/"user";r=0;t=[1-9]/)
      expect(body.message).toMatch(/too many requests/)
      expect(body.details).toEqual({ limit: 'phone', of: 'user', ...limits.phone.user })
    }
    const other = (await login(`calm-${randomUUID()}`)).accessToken
    expect(codesOf(await hammer(other, 1))).toEqual(new Set([40001]))
    // Another route is another limit.
    expect((await call('GET', '/api/user/info', { token })).status).toBe(200)
  })
})

describe('strangers', () => {
  it("use up nothing of a limit that is the shop's", async () => {
    const { accessToken: admin } = await login('admin')
    const { accessToken: shopper } = await login(`nosy-${randomUUID()}`)
    const path = '/api/admin/queues/email/redrive'
    const { burst: most = 0 } = limits.adminMass.shop ?? {}
    const knocks = Array.from({ length: most * 2 }, (_, at) =>
      call('POST', path, at % 2 === 0 ? {} : { token: shopper }),
    )
    expect(codesOf(await Promise.all(knocks))).toEqual(new Set([40101, 40301]))
    // More than come back to the shop's meanwhile.
    const rightful = Array.from({ length: 20 }, () => call('POST', path, { token: admin }))
    expect(codesOf(await Promise.all(rightful))).toEqual(new Set([0]))
  })
})

describe('the answers of a limited route', () => {
  it('tell the limits and how they stand, also where they are refusals', async () => {
    const { accessToken: token } = await login(`reader-${randomUUID()}`)
    const policy = '"shop";q=2000;w=1, "address";q=5000;w=5, "user";q=300;w=10'
    const order = await call('POST', '/api/orders', {
      token,
      headers: { 'idempotency-key': randomUUID() },
      body: { items: [{ skuId: '999999999', quantity: 1 }] },
    })
    expect(order.status).toBe(404)
    expect(order.headers.get('ratelimit-policy')).toBe(policy)
    expect(order.headers.get('ratelimit')).toMatch(
      /^"shop";r=\d+;t=\d+, "address";r=\d+;t=\d+, "user";r=299;t=\d+$/,
    )
    // Nobody knows who that is: so it costs its address, and not the shop.
    const stranger = await call('POST', '/api/orders', { body: {} })
    expect(stranger.body.code).toBe(40101)
    expect(stranger.headers.get('ratelimit-policy')).toBe(policy)
    expect(stranger.headers.get('ratelimit')).toMatch(/^"address";r=\d+;t=\d+$/)
  })

  it('of others say nothing of limits', async () => {
    for (const path of ['/api/health', '/.well-known/jwks.json', '/api/nowhere']) {
      const { headers } = await send('GET', path)
      expect(headers.has('ratelimit') || headers.has('ratelimit-policy'), path).toBe(false)
    }
  })
})

describe('an address', () => {
  it('whose notices of payments fail is never told to slow down: WeChat would give them up', async () => {
    const path = `${inject('endpoints').api}/api/payments/wechat/notify`
    const { status, headers } = await send('POST', '/api/payments/wechat/notify', { raw: '{}' })
    expect([status, headers.has('ratelimit')], path).toEqual([401, false])
  })
})
