import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { call, login, newSku, type Order, until } from '../support/client.ts'

type Coupon = { id: string; name: string; validFrom: string; validUntil: string }
type Offer = Coupon & { left?: number; perUser: number; claimed: number; claimable: boolean }
type Mine = Coupon & { claimed: number; used: number; usable: boolean }
type AdminView = Coupon & { total?: number; claimed: number; withdrawn: boolean }
type Page<T> = { items: T[]; nextCursor: string | null }

let admin: string
let token: string
beforeAll(async () => {
  admin = (await login('admin')).accessToken
  token = await newUser()
})

const newUser = async () => (await login(`coupons-${randomUUID()}`)).accessToken
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
const amount = (over: object = {}) => ({
  name: `测试券 ${randomUUID().slice(0, 8)}`,
  kind: 'amount',
  amountFen: 1000,
  thresholdFen: 9900,
  validUntil: inDays(30),
  ...over,
})
const percent = (over: object = {}) => {
  const { amountFen: _, thresholdFen: __, ...rest } = amount()
  return { ...rest, kind: 'percent', percentOff: 10, ...over }
}

const make = (body: object, as = admin) =>
  call<AdminView>('POST', '/api/admin/coupons', { token: as, body })
async function newCoupon(over: object = {}): Promise<string> {
  const { status, body } = await make(amount(over))
  if (status !== 201) throw new Error(`coupon answered ${status}: ${JSON.stringify(body)}`)
  return body.data.id
}
const change = (id: string, body: object, as = admin) =>
  call<AdminView>('PATCH', `/api/admin/coupons/${id}`, { token: as, body })
const claim = (id: string, as = token) =>
  call<Mine>('POST', `/api/coupons/${id}/claim`, { token: as })
const offers = (query = '', as = token) =>
  call<Page<Offer>>('GET', `/api/coupons${query}`, { token: as })
const offerOf = async (id: string, as = token) =>
  (await offers('?limit=100', as)).body.data.items.find((offer) => offer.id === id)
const mine = (query = '', as = token) =>
  call<Page<Mine>>('GET', `/api/user/coupons${query}`, { token: as })
const idsOf = ({ body }: { body: { data: Page<Coupon> } }) => body.data.items.map(({ id }) => id)

describe('an admin', () => {
  it('makes coupons of both kinds', async () => {
    const made = await make(amount({ total: 5, perUser: 2, validFrom: inDays(1) }))
    expect(made).toMatchObject({
      status: 201,
      body: {
        data: { kind: 'amount', amountFen: 1000, thresholdFen: 9900, total: 5, perUser: 2 },
      },
    })
    const other = await make(percent({ maxDiscountFen: 2000 }))
    expect(other).toMatchObject({
      status: 201,
      body: { data: { kind: 'percent', percentOff: 10, maxDiscountFen: 2000, thresholdFen: 0 } },
    })
    const { validFrom, total } = other.body.data
    expect(Math.abs(Date.parse(validFrom) - Date.now())).toBeLessThan(60_000)
    expect(total).toBeUndefined()
  })

  it.each([
    ['kind', amount({ kind: 'gift' })],
    ['amountFen', amount({ amountFen: 0 })],
    ['amountFen', amount({ amountFen: undefined })],
    ['thresholdFen', amount({ thresholdFen: 1000 })],
    ['percentOff', amount({ percentOff: 10 })],
    ['percentOff', percent({ percentOff: 100 })],
    ['percentOff', percent({ percentOff: 0.5 })],
    ['maxDiscountFen', percent({ maxDiscountFen: 0 })],
    ['validUntil', amount({ validUntil: inDays(-1) })],
    ['validUntil', amount({ validFrom: inDays(9), validUntil: inDays(8) })],
    ['validFrom', amount({ validFrom: '0001-01-01T00:00:00Z' })],
    ['total', amount({ total: 0 })],
    ['perUser', amount({ perUser: 0 })],
    ['name', amount({ name: ' ' })],
    ['code', amount({ code: 'x' })],
  ])('is told that %s is wrong', async (field, body) => {
    const { status, body: answer } = await make(body)
    expect(status).toBe(400)
    expect(answer).toMatchObject({ code: 40001, details: [{ field }] })
  })

  it('changes what does not hurt: the name, the end, and the number upwards', async () => {
    const id = await newCoupon({ total: 5 })
    const until = inDays(60)
    const changed = await change(id, { name: '改过的', validUntil: until, total: 6 })
    expect(changed.body.data).toMatchObject({ name: '改过的', validUntil: until, total: 6 })
    expect((await change(id, { total: 5 })).body).toMatchObject({
      code: 40001,
      details: [{ field: 'total' }],
    })
    const before = { validUntil: '2020-01-01T00:00:00Z' }
    expect((await change(id, before)).body).toMatchObject({ details: [{ field: 'validUntil' }] })
    expect((await change(id, { total: null })).body.data.total).toBeUndefined()
    expect((await change(id, { total: 1000 })).body.code).toBe(40001)
    expect((await change(id, {})).body.code).toBe(40001)
    expect((await change(id, { amountFen: 1 })).body.code).toBe(40001)
    expect((await change('999999999', { name: 'x' })).body.code).toBe(40401)
  })

  it('sees all coupons, page by page', async () => {
    const ids = [await newCoupon(), await newCoupon(), await newCoupon()].toReversed()
    await change(ids[0] ?? '', { withdrawn: true })
    const list = (query: string) =>
      call<Page<AdminView>>('GET', `/api/admin/coupons${query}`, { token: admin })
    const first = await list('?limit=2')
    expect(idsOf(first)).toEqual(ids.slice(0, 2))
    expect(first.body.data.items[0]?.withdrawn).toBe(true)
    const second = await list(`?limit=2&cursor=${first.body.data.nextCursor}`)
    expect(idsOf(second)[0]).toBe(ids[2])
  })

  it('is the only one who may', async () => {
    const id = await newCoupon()
    expect((await make(amount(), token)).body.code).toBe(40301)
    expect((await change(id, { withdrawn: true }, token)).body.code).toBe(40301)
    expect((await call('GET', '/api/admin/coupons', { token })).body.code).toBe(40301)
    expect((await call('POST', '/api/admin/coupons', { body: amount() })).body.code).toBe(40101)
  })
})

describe('a shopper', () => {
  it('finds a coupon, claims it, and has it', async () => {
    const id = await newCoupon({ total: 10 })
    expect(await offerOf(id)).toMatchObject({ left: 10, perUser: 1, claimed: 0, claimable: true })
    const claimed = await claim(id)
    expect(claimed.status).toBe(200)
    expect(claimed.body.data).toMatchObject({ id, claimed: 1, used: 0, usable: true })
    expect(await offerOf(id)).toMatchObject({ left: 9, claimed: 1, claimable: false })
    const all = await mine()
    expect(all.body.data.items[0]).toEqual(claimed.body.data)
  })

  it('claims as often as one may', async () => {
    const id = await newCoupon({ perUser: 2 })
    expect((await claim(id)).body.data).toMatchObject({ claimed: 1 })
    expect((await claim(id)).body.data).toMatchObject({ claimed: 2 })
    expect((await claim(id)).body).toMatchObject({
      code: 40908,
      details: { reason: 'limit reached' },
    })
  })

  it('does not get the same one as 19 others', async () => {
    const id = await newCoupon({ total: 1 })
    const users = await Promise.all(Array.from({ length: 20 }, newUser))
    const answers = await Promise.all(users.map((user) => claim(id, user)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    const refused = answers.filter(({ status }) => status !== 200).map(({ body }) => body)
    for (const body of refused) {
      expect(body).toMatchObject({ code: 40908, details: { reason: 'sold out' } })
    }
    expect(await offerOf(id)).toBeUndefined()
  })

  it('claims a coupon that is to begin, and can use it then', async () => {
    const id = await newCoupon({ validFrom: inDays(1) })
    expect(await offerOf(id)).toMatchObject({ claimable: true })
    expect((await claim(id)).body.data).toMatchObject({ claimed: 1, usable: false })
    expect(idsOf(await mine('?state=usable'))).toContain(id)
  })

  it('keeps a coupon that is withdrawn, and claims it no more', async () => {
    const id = await newCoupon({ perUser: 2 })
    await claim(id)
    expect((await change(id, { withdrawn: true })).body.data.withdrawn).toBe(true)
    expect(await offerOf(id)).toBeUndefined()
    expect((await claim(id)).body).toMatchObject({ details: { reason: 'withdrawn' } })
    expect((await mine()).body.data.items).toContainEqual(
      expect.objectContaining({ id, usable: true }),
    )
    await change(id, { withdrawn: false })
    expect((await claim(id)).body.data.claimed).toBe(2)
  })

  it('sees own claims only, by state and page', async () => {
    const user = await newUser()
    const ids = [await newCoupon(), await newCoupon(), await newCoupon()].toReversed()
    for (const id of ids) await claim(id, user)
    await change(ids[0] ?? '', { validUntil: new Date().toISOString(), name: '过期的' })
    expect(idsOf(await mine('?state=expired', user))).toEqual([ids[0]])
    expect(idsOf(await mine('?state=usable', user))).toEqual(ids.slice(1))
    expect(idsOf(await mine('?state=used', user))).toEqual([])
    const first = await mine('?limit=2', user)
    expect(idsOf(first)).toEqual(ids.slice(0, 2))
    expect(first.body.data.items[0]?.usable).toBe(false)
    const second = await mine(`?limit=2&cursor=${first.body.data.nextCursor}`, user)
    expect(second.body.data).toMatchObject({ items: [{ id: ids[2] }], nextCursor: null })
    expect((await mine('', await newUser())).body.data).toEqual({ items: [], nextCursor: null })
    expect((await claim(ids[0] ?? '')).body).toMatchObject({ details: { reason: 'expired' } })
  })

  it('pages through the offers', async () => {
    const ids = [await newCoupon(), await newCoupon()].toReversed()
    const first = await offers('?limit=1')
    expect(idsOf(first)).toEqual([ids[0]])
    expect(idsOf(await offers(`?limit=1&cursor=${first.body.data.nextCursor}`))).toEqual([ids[1]])
  })

  it('is told what is wrong, and has to sign in', async () => {
    expect((await claim('999999999')).body.code).toBe(40401)
    expect((await claim('abc')).body.code).toBe(40001)
    expect((await mine('?state=lost')).body).toMatchObject({ details: [{ field: 'query.state' }] })
    expect((await offers('?cursor=x')).body.code).toBe(40001)
    for (const path of ['/api/coupons', '/api/user/coupons']) {
      expect((await call('GET', path)).body.code, path).toBe(40101)
    }
    expect((await call('POST', '/api/coupons/1/claim')).body.code).toBe(40101)
  })
})

describe('an order with a coupon', () => {
  const ITEMS_FEN = 5 * 1990
  let skuId: string
  beforeAll(async () => {
    skuId = await newSku(admin, 100)
  })

  const place = (couponId: string, as: string, quantity = 5) =>
    call<Order>('POST', '/api/orders', {
      token: as,
      body: { items: [{ skuId, quantity }], couponId },
      headers: { 'idempotency-key': randomUUID() },
    })
  const persisted = (orderId: string, as: string) =>
    until(
      () => call<Order>('GET', `/api/orders/${orderId}`, { token: as }),
      ({ body }) => body.data.status === 'unpaid',
    )

  it('costs less and uses the claim; cancelled, it gives the claim back', async () => {
    const user = await newUser()
    const id = await newCoupon()
    await claim(id, user)
    const { status, body } = await place(id, user)
    expect([status, body.data.totalFen]).toEqual([202, ITEMS_FEN - 1000])
    const { orderId } = body.data
    await persisted(orderId, user)
    expect((await mine('?state=used', user)).body.data.items).toMatchObject([
      { id, claimed: 1, used: 1, usable: false },
    ])
    expect((await place(id, user)).body.code).toBe(40907)
    await call('POST', `/api/orders/${orderId}/cancel`, { token: user })
    expect((await mine('?state=usable', user)).body.data.items).toMatchObject([{ id, used: 0 }])
    expect((await place(id, user)).status).toBe(202)
  })

  it('is refused where the user has none, or it does not fit', async () => {
    const user = await newUser()
    const id = await newCoupon()
    expect((await place(id, user)).body.code).toBe(40907)
    await claim(id, user)
    expect((await place(id, user, 4)).body).toMatchObject({
      code: 40907,
      details: { reason: 'below threshold' },
    })
    const early = await newCoupon({ validFrom: inDays(1) })
    await claim(early, user)
    expect((await place(early, user)).body).toMatchObject({ details: { reason: 'not yet valid' } })
    expect((await place('999999999', user)).body.code).toBe(40401)
    expect((await place(id, user)).status).toBe(202)
  })

  it('is one for each claim, however many are sent at once', async () => {
    const user = await newUser()
    const id = await newCoupon({ perUser: 2 })
    await claim(id, user)
    const answers = await Promise.all(Array.from({ length: 10 }, () => place(id, user, 5)))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, ...Array(9).fill(409)])
    // Claimed once more, it can be used once more, at once.
    await claim(id, user)
    expect((await place(id, user)).status).toBe(202)
    expect((await place(id, user)).body.code).toBe(40907)
  })
})
