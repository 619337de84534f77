import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import {
  call,
  login,
  newSku,
  type Order,
  order,
  paidOrder,
  payAtWechat,
  send,
  stockOf,
  until,
} from '../support/client.ts'

type Detail = Order & {
  history: { status: string; step?: string; actor?: string; traceId?: string }[]
  shipment?: { carrier: string; trackingNo: string }
  reason?: string
}
type PayParams = Record<'timeStamp' | 'nonceStr' | 'package' | 'signType' | 'paySign', string>

let admin: string
let token: string
beforeAll(async () => {
  admin = (await login('admin')).accessToken
  token = (await login(`payer-${randomUUID()}`)).accessToken
})

const sendRaw = (path: string, raw: string) => send('POST', path, { raw })
const step = (id: string, name: string, body?: unknown, as = token) =>
  call<Detail>('POST', `/api/orders/${id}/${name}`, {
    token: as,
    ...(body === undefined ? {} : { body }),
  })
const adminStep = (id: string, name: string, body?: unknown, as = admin) =>
  call<Detail>('POST', `/api/admin/orders/${id}/${name}`, {
    token: as,
    ...(body === undefined ? {} : { body }),
  })
const read = async (id: string, as = token) =>
  (await call<Detail>('GET', `/api/orders/${id}`, { token: as })).body.data
const reaches = (id: string, status: string) =>
  until(
    () => read(id),
    (found) => found.status === status,
  )
const parcel = { carrier: 'SF', trackingNo: 'SF1234567890' }

async function unpaid(quantity = 1) {
  const sku = await newSku(admin, 10)
  const { orderId } = (await order(token, sku, { quantity })).body.data
  return { sku, orderId }
}

describe('a payment', () => {
  it('begins with the arguments of wx.requestPayment, the same payment each time', async () => {
    const { orderId } = await unpaid()
    const first = await call<PayParams>('POST', `/api/orders/${orderId}/pay`, { token })
    expect(first.body).toMatchObject({ code: 0, data: { signType: 'RSA' } })
    const { package: packed, ...rest } = first.body.data
    expect(packed).toMatch(/^prepay_id=.+/)
    expect(Object.keys(rest).toSorted()).toEqual(['nonceStr', 'paySign', 'signType', 'timeStamp'])
    const again = await call<PayParams>('POST', `/api/orders/${orderId}/pay`, { token })
    expect(again.body.data.package).toBe(packed)
    expect((await read(orderId)).status).toBe('unpaid')
  })

  it('is counted by its notice, once, and moves the units from held to sold', async () => {
    const { sku, orderId } = await unpaid(2)
    await step(orderId, 'pay')
    const { deliveries } = await payAtWechat(orderId, { times: 20 })
    expect(deliveries.map(({ status }) => status)).toEqual(Array(20).fill(200))
    const found = await read(orderId)
    expect(found).toMatchObject({ status: 'paid', totalFen: 3980 })
    expect(found.history.map(({ status }) => status)).toEqual(['unpaid', 'paid'])
    expect(await stockOf(admin, sku)).toMatchObject({
      received: 10,
      sold: 2,
      held: 0,
      available: 8,
    })
    expect((await step(orderId, 'pay')).body.code).toBe(40902)
    expect((await step(orderId, 'cancel')).body.code).toBe(40902)
  })

  it.each(['signature', 'body', 'timestamp', 'amount'])(
    'is not counted where the notice has another %s',
    async (tamper) => {
      const { orderId } = await unpaid()
      await step(orderId, 'pay')
      const { deliveries } = await payAtWechat(orderId, { tamper })
      expect(deliveries).toHaveLength(1)
      expect(deliveries[0]?.status).toBeGreaterThanOrEqual(400)
      expect((await read(orderId)).status).toBe('unpaid')
      expect((await payAtWechat(orderId)).deliveries[0]?.status).toBe(200)
      expect((await read(orderId)).status).toBe('paid')
    },
  )

  it('that came before the cancel is found by asking WeChat: the order is paid', async () => {
    const { orderId } = await unpaid()
    await step(orderId, 'pay')
    await payAtWechat(orderId, { times: 0 })
    expect((await read(orderId)).status).toBe('unpaid')
    expect((await step(orderId, 'cancel')).body.code).toBe(40902)
    expect((await read(orderId)).status).toBe('paid')
  })

  it('that comes after the cancel goes back by itself, and leaves the stock alone', async () => {
    const { sku, orderId } = await unpaid(3)
    await step(orderId, 'pay')
    expect((await step(orderId, 'cancel')).body.data.status).toBe('cancelled')
    const { status, deliveries } = await payAtWechat(orderId)
    expect([status, deliveries[0]?.status]).toEqual([200, 200])
    const reply = await fetch(`${inject('endpoints').wechat}/mock/calls`)
    const { calls } = (await reply.json()) as { calls: { path: string }[] }
    expect(calls.some(({ path }) => path === '/v3/refund/domestic/refunds')).toBe(true)
    expect((await read(orderId)).status).toBe('cancelled')
    expect(await stockOf(admin, sku)).toMatchObject({ sold: 0, held: 0, available: 10 })
    type Incident = { id: string; kind: string; orderId: string; note?: string }
    type Incidents = { items: Incident[] }
    const told = await call<Incidents>('GET', '/api/admin/payments/incidents?limit=100', {
      token: admin,
    })
    expect(told.body.data.items).toContainEqual(
      expect.objectContaining({ kind: 'late-money', orderId }),
    )
    const incident = told.body.data.items.find((one) => one.orderId === orderId)
    const tick = (note: string, token = admin) =>
      call<Incident>('POST', `/api/admin/payments/incidents/${incident?.id}/close`, {
        token,
        body: { note },
      })
    expect((await tick('refunded by itself')).body.data.note).toBe('refunded by itself')
    // Who came first stays noted.
    expect((await tick('later')).body.data.note).toBe('refunded by itself')
    const { accessToken: user } = await login(`payer-${randomUUID()}`)
    expect((await tick('x', user)).body.code).toBe(40301)
    const unknown = '/api/admin/payments/incidents/9999999/close'
    const options = { token: admin, body: { note: 'x' } }
    expect((await call('POST', unknown, options)).body.code).toBe(40401)
  })

  it('can not begin for an order that is closed', async () => {
    const { orderId } = await unpaid()
    await step(orderId, 'cancel')
    expect((await step(orderId, 'pay')).body.code).toBe(40902)
  })
})

describe("WeChat's routes", () => {
  const bodies = ['', '{}', 'not json', JSON.stringify({ id: 'EV-1', resource: {} })]

  it.each(['notify', 'refund-notify'])('answer 401 FAIL to %s of anybody else', async (name) => {
    for (const body of bodies) {
      const answer = await sendRaw(`/api/payments/wechat/${name}`, body)
      expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
        401,
        'FAIL',
      ])
    }
    const large = await sendRaw(`/api/payments/wechat/${name}`, 'x'.repeat(256 * 1024 + 1))
    expect(large.status).toBe(413)
  })
})

describe('an order that is paid', () => {
  it('is shipped, confirmed, and keeps who did what under which trace', async () => {
    const orderId = await paidOrder(token, await newSku(admin, 5))
    expect((await step(orderId, 'confirm')).body.code).toBe(40902)
    const shipped = await adminStep(orderId, 'ship', parcel)
    expect(shipped.body.data).toMatchObject({ status: 'shipped', shipment: parcel })
    expect((await adminStep(orderId, 'ship', parcel)).body.code).toBe(40902)
    expect((await read(orderId)).shipment).toMatchObject(parcel)
    expect((await step(orderId, 'confirm')).body.data.status).toBe('completed')
    expect((await step(orderId, 'confirm')).body.code).toBe(40902)
    const seen = await call<Detail>('GET', `/api/admin/orders/${orderId}`, { token: admin })
    expect(seen.body.data.history.map(({ step: name, actor }) => [name, actor])).toEqual([
      ['accept', 'user'],
      ['pay', 'wechat'],
      ['ship', 'admin'],
      ['confirm', 'user'],
    ])
    expect(seen.body.data).toMatchObject({ payment: { amountFen: 1990, late: false } })
    for (const { traceId } of seen.body.data.history) expect(traceId).toMatch(/^[\w.-]{8,64}$/)
  })

  it('is refunded when the buyer asks and an admin grants it; unsent units are back on sale', async () => {
    const sku = await newSku(admin, 5)
    const orderId = await paidOrder(token, sku, 2)
    const asked = await step(orderId, 'refund', { reason: '不想要了' })
    expect(asked.body.data).toMatchObject({ status: 'refunding', reason: '不想要了' })
    expect((await step(orderId, 'refund')).body.code).toBe(40902)
    expect((await adminStep(orderId, 'ship', parcel)).body.code).toBe(40902)
    expect((await adminStep(orderId, 'refund')).body.data.status).toMatch(/^refund(ing|ed)$/)
    expect((await adminStep(orderId, 'refund')).body.code).toBe(40902)
    await reaches(orderId, 'refunded')
    expect(await stockOf(admin, sku)).toMatchObject({
      received: 7,
      sold: 2,
      held: 0,
      available: 5,
    })
  })

  it('goes on as before when an admin refuses the refund', async () => {
    const orderId = await paidOrder(token, await newSku(admin, 5))
    await adminStep(orderId, 'ship', parcel)
    await step(orderId, 'refund')
    const refused = await adminStep(orderId, 'refund', { decision: 'refuse', reason: '已签收' })
    expect(refused.body.data).toMatchObject({ status: 'shipped', reason: '已签收' })
    expect((await step(orderId, 'confirm')).body.data.status).toBe('completed')
  })

  it('is refunded by an admin unasked, and sent units stay away', async () => {
    const sku = await newSku(admin, 5)
    const orderId = await paidOrder(token, sku, 2)
    await adminStep(orderId, 'ship', parcel)
    await adminStep(orderId, 'refund', { reason: '丢件' })
    await reaches(orderId, 'refunded')
    expect(await stockOf(admin, sku)).toMatchObject({
      received: 5,
      sold: 2,
      held: 0,
      available: 3,
    })
  })

  it('is listed for admins by state and by user', async () => {
    const { accessToken, user } = await login(`listed-${randomUUID()}`)
    const orderId = await paidOrder(accessToken, await newSku(admin, 5))
    type Page = { items: (Order & { userId: string })[]; nextCursor: string | null }
    const list = (query: string) =>
      call<Page>('GET', `/api/admin/orders${query}`, { token: admin }).then(({ body }) => body.data)
    expect((await list(`?userId=${user.id}`)).items).toMatchObject([{ orderId, userId: user.id }])
    const paid = await list('?status=paid&limit=100')
    expect(paid.items.map((item) => item.orderId)).toContain(orderId)
    expect(new Set(paid.items.map(({ status }) => status))).toEqual(new Set(['paid']))
    expect((await list(`?status=shipped&userId=${user.id}`)).items).toEqual([])
  })
})

describe('the steps of an order', () => {
  const userSteps = ['pay', 'cancel', 'confirm', 'refund'] as const

  it('are 40401 to other users, and nothing changes', async () => {
    const mallory = (await login(`mallory-${randomUUID()}`)).accessToken
    const paid = await paidOrder(token, await newSku(admin, 5))
    const { orderId: open } = await unpaid()
    await reaches(open, 'unpaid')
    for (const id of [paid, open]) {
      const before = await read(id)
      for (const name of userSteps) {
        const answer = await step(id, name, undefined, mallory)
        expect([name, answer.status, answer.body.code]).toEqual([name, 404, 40401])
      }
      expect(await read(id)).toEqual(before)
    }
  })

  it('are 40301 to users where they are for admins, and 40101 to nobody', async () => {
    const { orderId } = await unpaid()
    for (const name of ['ship', 'refund']) {
      expect((await adminStep(orderId, name, parcel, token)).body.code).toBe(40301)
    }
    for (const path of ['/api/admin/orders', `/api/admin/orders/${orderId}`]) {
      expect((await call('GET', path, { token })).body.code).toBe(40301)
      expect((await call('GET', path)).body.code).toBe(40101)
    }
    for (const name of userSteps) {
      expect((await call('POST', `/api/orders/${orderId}/${name}`)).body.code).toBe(40101)
    }
  })

  it('are 40401 where there is no such order, and 40001 where something is wrong', async () => {
    const nothing = '01KB2Z5GJ9QW8X4V7T3N6M2R1C'
    for (const name of userSteps) expect((await step(nothing, name)).body.code).toBe(40401)
    expect((await adminStep(nothing, 'ship', parcel)).body.code).toBe(40401)
    expect((await adminStep(nothing, 'refund')).body.code).toBe(40401)
    const seen = await call('GET', `/api/admin/orders/${nothing}`, { token: admin })
    expect(seen.body.code).toBe(40401)
    expect((await step('1', 'pay')).body.code).toBe(40001)
    expect((await adminStep(nothing, 'ship', { carrier: 'SF' })).body.code).toBe(40001)
    expect((await adminStep(nothing, 'ship', { ...parcel, carrier: '' })).body.code).toBe(40001)
    for (const body of [{ decision: 'maybe' }, { decision: 'refuse', restock: true }]) {
      expect((await adminStep(nothing, 'refund', body)).body.code).toBe(40001)
    }
    expect((await step(nothing, 'refund', { amountFen: 1 })).body.code).toBe(40001)
  })
})

describe('a coupon', () => {
  type Coupon = { id: string }
  async function newCoupon(over: object = {}): Promise<string> {
    const body = {
      name: '满10减5',
      kind: 'amount',
      amountFen: 500,
      thresholdFen: 1000,
      validUntil: new Date(Date.now() + 86_400_000).toISOString(),
      ...over,
    }
    const made = await call<Coupon>('POST', '/api/admin/coupons', { token: admin, body })
    return made.body.data.id
  }
  const claim = (id: string, as: string) => call('POST', `/api/coupons/${id}/claim`, { token: as })

  it('comes off the total, serves one order of 100 at once, and returns with a cancel', async () => {
    const buyer = (await login(`coupon-${randomUUID()}`)).accessToken
    const sku = await newSku(admin, 200)
    const couponId = await newCoupon()
    expect((await order(buyer, sku, { couponId })).body.code).toBe(40907)
    await claim(couponId, buyer)
    const placed = await Promise.all(
      Array.from({ length: 100 }, () => order(buyer, sku, { couponId })),
    )
    const accepted = placed.filter(({ status }) => status === 202)
    expect(accepted).toHaveLength(1)
    expect(new Set(placed.map(({ body }) => body.code))).toEqual(new Set([0, 40907]))
    const { orderId, totalFen } = accepted[0]?.body.data ?? { orderId: '', totalFen: 0 }
    expect(totalFen).toBe(1490)
    const found = await call<Detail>('GET', `/api/orders/${orderId}`, { token: buyer })
    expect(found.body.data).toMatchObject({ itemsFen: 1990, discountFen: 500, couponId })
    await call('POST', `/api/orders/${orderId}/cancel`, { token: buyer })
    expect((await order(buyer, sku, { couponId })).body.data.totalFen).toBe(1490)
  })

  it('is refused below its threshold, before its time, and where there is none', async () => {
    const sku = await newSku(admin, 5)
    const dear = await newCoupon({ thresholdFen: 5000 })
    const early = await newCoupon({ validFrom: new Date(Date.now() + 3_600_000).toISOString() })
    for (const [couponId, reason] of [
      [dear, 'below threshold'],
      [early, 'not yet valid'],
    ] as const) {
      await claim(couponId, token)
      const { body } = await order(token, sku, { couponId })
      expect([body.code, body.details]).toEqual([40907, { reason }])
    }
    expect((await order(token, sku, { couponId: '999999999' })).body.code).toBe(40401)
    expect(await stockOf(admin, sku)).toMatchObject({ held: 0, available: 5 })
  })
})
