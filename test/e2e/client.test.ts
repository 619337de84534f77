import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import {
  type ClientOptions,
  codes,
  createClient,
  fetchTransport,
  NetworkError,
  type Payment,
  payOrder,
  wxSignIn,
  wxTokens,
  wxTransport,
} from '../../client/src/index.ts'
import { createWx, realNetwork } from '../client/wx.ts'
import { login, newSku, payAtWechat, until } from '../support/client.ts'

/** The client in a mini-program whose user is somebody. */
function shopper(name: string, over: Partial<ClientOptions> = {}, storage = new Map()) {
  const { wx, sent } = createWx({
    network: realNetwork,
    storage,
    code: () => `mock:${name}:${randomUUID()}`,
  })
  const shop = createClient({
    baseUrls: [inject('endpoints').api ?? ''],
    transport: wxTransport(wx),
    tokens: wxTokens(wx),
    signIn: wxSignIn(wx),
    ...over,
  })
  return { shop, sent, storage }
}
const HOME = {
  name: '王小明',
  phone: '00000000000',
  province: '江苏省',
  city: '无锡市',
  district: '滨湖区',
  detail: '太湖大道 1 号',
}

let skuId: string
beforeAll(async () => {
  skuId = await newSku((await login('admin')).accessToken, 100)
})

describe('a mini-program', () => {
  it('browses without signing in', async () => {
    const { shop, sent } = shopper('nobody')
    const { featured } = await shop.request('GET /api/home')
    const id = featured[0]?.id ?? ''
    const product = await shop.request('GET /api/products/{id}', { params: { id } })
    expect(product.skus.length).toBeGreaterThan(0)
    const { items, nextCursor } = await shop.request('GET /api/products', {
      query: { q: '茶', sort: 'price_asc', limit: 2 },
    })
    expect(items).toHaveLength(2)
    const more = { q: '茶', sort: 'price_asc', limit: 2, cursor: nextCursor ?? '' } as const
    expect((await shop.request('GET /api/products', { query: more })).items).not.toEqual(items)
    expect(sent.some(({ url }) => url.includes('/auth/'))).toBe(false)
  })

  it('fills a cart, orders, reads the order and cancels it', async () => {
    const { shop } = shopper(`shopper-${randomUUID()}`)
    const cart = await shop.request('PUT /api/cart/items/{skuId}', {
      params: { skuId },
      body: { quantity: 2 },
    })
    expect(cart).toMatchObject({ totalFen: 3980, items: [{ skuId, quantity: 2, selected: true }] })
    const { id } = await shop.request('POST /api/addresses', { body: HOME })
    const body = { items: [{ skuId, quantity: 2 }], addressId: id, remark: '谢谢 🙏' }
    const idempotencyKey = shop.newKey()
    const receipt = await shop.request('POST /api/orders', { body, idempotencyKey })
    expect(receipt).toMatchObject({ status: 'pending', totalFen: 3980 })
    expect(await shop.request('POST /api/orders', { body, idempotencyKey })).toEqual(receipt)
    const other = { ...body, remark: '' }
    await expect(
      shop.request('POST /api/orders', { body: other, idempotencyKey }),
    ).rejects.toMatchObject({ code: codes.keyReused })

    const params = { id: receipt.orderId }
    const order = await until(
      () => shop.request('GET /api/orders/{id}', { params }),
      ({ status }) => status === 'unpaid',
    )
    expect(order.address).toMatchObject(HOME)
    await shop.request('POST /api/orders/{id}/cancel', { params })
    const { items } = await shop.request('GET /api/orders', { query: { status: 'cancelled' } })
    expect(items.map(({ orderId }) => orderId)).toEqual([receipt.orderId])
  })

  it('pays, once WeChat has told the shop, and gets what it paid back', async () => {
    const { shop } = shopper(`payer-${randomUUID()}`)
    const body = { items: [{ skuId, quantity: 1 }] }
    const { orderId } = await shop.request('POST /api/orders', { body })
    const seen: Payment[] = []
    const paid = await payOrder(shop, orderId, async (payment, outTradeNo) => {
      seen.push(payment)
      expect((await payAtWechat(outTradeNo)).deliveries).toEqual([
        expect.objectContaining({ status: 200 }),
      ])
    })
    expect(paid.status).toBe('paid')
    expect(seen).toMatchObject([{ signType: 'RSA', package: expect.stringMatching(/^prepay_id=/) }])
    const params = { id: orderId }
    const asked = await shop.request('POST /api/orders/{id}/refund', {
      params,
      body: { reason: '不想要了' },
    })
    expect(asked.status).toBe('refunding')
    const again = shop.request('POST /api/orders/{id}/cancel', { params })
    await expect(again).rejects.toMatchObject({ code: codes.wrongState })
  })

  it('hears what is wrong, by code and field, with the trace id that it sent', async () => {
    const { shop } = shopper('clumsy')
    const call = shop.request('POST /api/orders', {
      traceId: 'trace-of-the-test',
      body: { items: [{ skuId, quantity: 0 }] },
    })
    await expect(call).rejects.toMatchObject({
      code: codes.validationFailed,
      status: 400,
      traceId: 'trace-of-the-test',
      details: [{ field: 'items.0.quantity' }],
    })
  })

  it('comes back with the tokens of its last visit, and renews them once for many calls', async () => {
    const { shop, storage } = shopper('returning')
    const me = await shop.login()
    const kept = JSON.parse(storage.get('minimall.tokens') ?? '')
    storage.set('minimall.tokens', JSON.stringify({ ...kept, accessToken: 'worn.out.token' }))
    const back = shopper('nobody else', {}, storage)
    const calls = Array.from({ length: 10 }, () => back.shop.request('GET /api/user/info'))
    expect((await Promise.all(calls)).map(({ id }) => id)).toEqual(Array(10).fill(me.id))
    const auth = back.sent.filter(({ url }) => url.includes('/auth/'))
    expect(auth.map(({ url }) => new URL(url).pathname)).toEqual(['/api/auth/refresh'])
  })

  it('signs in again by itself when its session was ended elsewhere', async () => {
    const name = `twice-${randomUUID()}`
    const [phone, tablet] = [shopper(name), shopper(name)]
    const me = await phone.shop.login()
    await tablet.shop.login()
    const sessions = await tablet.shop.request('GET /api/auth/sessions')
    const { id = '' } = sessions.find(({ current }) => !current) ?? {}
    await tablet.shop.request('DELETE /api/auth/sessions/{id}', { params: { id } })
    const signIns = () => phone.sent.filter(({ url }) => url.endsWith('/login')).length
    await until(
      () => phone.shop.request('GET /api/user/info'),
      (user) => user.id === me.id && signIns() === 2,
    )
  })

  it('goes on through the second base URL while nothing listens at the first', async () => {
    const baseUrls = ['http://127.0.0.1:9', inject('endpoints').api ?? '']
    const { shop, sent } = shopper('mover', { baseUrls })
    expect((await shop.request('GET /api/home')).featured.length).toBeGreaterThan(0)
    await shop.request('GET /api/cart')
    expect(sent.map(({ url }) => url.startsWith('http://127.0.0.1:9/'))).toEqual([
      true,
      false,
      false,
      false,
    ])
    const lost = shopper('lost', { baseUrls: ['http://127.0.0.1:9'], tries: 2 })
    await expect(lost.shop.request('GET /api/home')).rejects.toBeInstanceOf(NetworkError)
  })
})

it('over fetch, which knows PATCH, a profile is changed', async () => {
  const shop = createClient({
    baseUrls: [inject('endpoints').api ?? ''],
    transport: fetchTransport(fetch),
    signIn: async () => `mock:patcher:${randomUUID()}`,
  })
  const nickname = `小明 ${randomUUID().slice(0, 8)}`
  expect(await shop.request('PATCH /api/user/info', { body: { nickname } })).toMatchObject({
    nickname,
  })
})
