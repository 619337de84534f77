import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { call, login, newSku, type Order, until } from '../support/client.ts'

const wechat = (path: string, body: unknown) =>
  fetch(`${inject('endpoints').wechat}${path}`, { method: 'POST', body: JSON.stringify(body) })

describe('the phone number', () => {
  type Phone = { phone: string }
  const take = (token: string, code: string) =>
    call<Phone>('POST', '/api/user/phone', { token, body: { code } })

  it('comes from WeChat by a code, once, and stays with the user', async () => {
    const { accessToken: token } = await login(`phone-${randomUUID()}`)
    const code = `phone:13800138000:${randomUUID()}`
    const first = await take(token, code)
    expect([first.status, first.body.data]).toEqual([200, { phone: '13800138000' }])
    const info = await call<Phone>('GET', '/api/user/info', { token })
    expect(info.body.data.phone).toBe('13800138000')
    const again = await take(token, code)
    expect([again.status, again.body.code]).toEqual([401, 40104])
    expect((await take(token, 'nonsense')).body.code).toBe(40104)
    const other = await take(token, `phone:+1-4155550100:${randomUUID()}`)
    expect(other.body.data).toEqual({ phone: '+14155550100' })
  })

  it('comes also when the access token has just expired', async () => {
    const { accessToken: token } = await login(`phone-${randomUUID()}`)
    await wechat('/mock/expire-token', {})
    expect((await take(token, `phone:13800138001:${randomUUID()}`)).status).toBe(200)
  })

  it('is 50301 while WeChat is down, and the code is still good afterwards', async () => {
    const { accessToken: token } = await login(`phone-${randomUUID()}`)
    const code = `phone:13800138002:${randomUUID()}`
    await wechat('/mock/faults', { path: '/wxa/business/getuserphonenumber', errorRate: 1 })
    try {
      const down = await take(token, code)
      expect([down.status, down.body.code]).toEqual([503, 50301])
      expect(down.headers.get('retry-after')).toBe('1')
    } finally {
      await wechat('/mock/faults', {})
    }
    expect((await take(token, code)).status).toBe(200)
  })

  it('needs a user and a code', async () => {
    expect((await call('POST', '/api/user/phone', { body: { code: 'x' } })).body.code).toBe(40101)
    const { accessToken: token } = await login('alice')
    for (const body of [{}, { code: '' }, { code: 7 }, { code: 'x', phone: '1' }]) {
      expect((await call('POST', '/api/user/phone', { token, body })).body.code).toBe(40001)
    }
  })
})

describe('a nickname', () => {
  type Info = { nickname: string }
  const nicknameOf = async (token: string) =>
    (await call<Info>('GET', '/api/user/info', { token })).body.data.nickname

  it('that WeChat finds against the law is taken away; another stays', async () => {
    const { accessToken: token } = await login(`nick-${randomUUID()}`)
    const patch = (nickname: string) =>
      call<Info>('PATCH', '/api/user/info', { token, body: { nickname } })
    expect((await patch('违禁品专卖')).body.data.nickname).toBe('违禁品专卖')
    await until(
      () => nicknameOf(token),
      (nickname) => nickname === '',
    )
    await patch('小明')
    const other = (await login(`nick-${randomUUID()}`)).accessToken
    await call('PATCH', '/api/user/info', { token: other, body: { nickname: '违禁' } })
    // The later check is done, and the earlier one was too.
    await until(
      () => nicknameOf(other),
      (nickname) => nickname === '',
    )
    expect(await nicknameOf(token)).toBe('小明')
  })
})

describe('an order', () => {
  type View = { status: string; remark?: string }
  let admin: string
  let skuId: string

  beforeAll(async () => {
    admin = (await login('admin')).accessToken
    skuId = await newSku(admin, 20)
  })

  async function place(token: string, remark?: string): Promise<string> {
    const placed = await call<Order>('POST', '/api/orders', {
      token,
      body: { items: [{ skuId, quantity: 1 }], ...(remark === undefined ? {} : { remark }) },
      headers: { 'idempotency-key': randomUUID() },
    })
    expect(placed.status).toBe(202)
    return placed.body.data.orderId
  }
  const view = async (token: string, orderId: string) =>
    (await call<View>('GET', `/api/orders/${orderId}`, { token })).body.data

  it('loses a remark that WeChat finds against the law, and keeps another', async () => {
    const { accessToken: token } = await login(`remark-${randomUUID()}`)
    const [bad, good] = [await place(token, '请附违禁品'), await place(token, '周末送货')]
    await until(
      () => view(token, bad),
      ({ status, remark }) => status === 'unpaid' && remark === undefined,
    )
    expect((await view(token, good)).remark).toBe('周末送货')
  })
})
