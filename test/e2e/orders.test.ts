import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { call, login, newSku, type Order, order, stockOf, until } from '../support/client.ts'

let admin: string
let alice: string

beforeAll(async () => {
  admin = (await login('admin')).accessToken
  alice = (await login('alice')).accessToken
})

const detail = (token: string, id: string) => call<Order>('GET', `/api/orders/${id}`, { token })
const persisted = (token: string, id: string) =>
  until(
    () => detail(token, id),
    ({ body }) => body.data?.status !== 'pending',
  )

describe('an order', () => {
  it('is accepted, readable at once, persisted by the stock job, and cancelled with its stock given back', async () => {
    const sku = await newSku(admin, 5)
    const { status, body } = await order(alice, sku, { quantity: 2 })
    expect(status).toBe(202)
    expect(body.data).toMatchObject({ status: 'pending', totalFen: 3980 })
    const { orderId } = body.data

    const first = await detail(alice, orderId)
    expect(first.status).toBe(200)
    expect(['pending', 'unpaid']).toContain(first.body.data.status)
    expect(await stockOf(admin, sku)).toMatchObject({ received: 5, sold: 0, held: 2, available: 3 })

    expect((await persisted(alice, orderId)).body.data.status).toBe('unpaid')
    expect(await stockOf(admin, sku)).toMatchObject({ received: 5, sold: 0, held: 2, available: 3 })

    const cancelled = await call<Order>('POST', `/api/orders/${orderId}/cancel`, { token: alice })
    expect(cancelled.body.data.status).toBe('cancelled')
    expect(await stockOf(admin, sku)).toMatchObject({ received: 5, sold: 0, held: 0, available: 5 })

    const again = await call('POST', `/api/orders/${orderId}/cancel`, { token: alice })
    expect(again.body.code).toBe(40902)
    expect(await stockOf(admin, sku)).toMatchObject({ available: 5 })
  })

  it('can be cancelled before the stock job has come to it', async () => {
    const sku = await newSku(admin, 1)
    const { body } = await order(alice, sku)
    const { orderId } = body.data
    const cancelled = await call<Order>('POST', `/api/orders/${orderId}/cancel`, { token: alice })
    expect(cancelled.body.data.status).toBe('cancelled')
    expect(await stockOf(admin, sku)).toMatchObject({ held: 0, available: 1 })
    expect((await order(alice, sku)).status).toBe(202)
  })

  it('belongs to its user: to others it does not exist, and they change nothing', async () => {
    const sku = await newSku(admin, 1)
    const { orderId } = (await order(alice, sku)).body.data
    const mallory = (await login('mallory')).accessToken
    for (const state of ['pending', 'unpaid']) {
      expect((await detail(mallory, orderId)).body.code, state).toBe(40401)
      const cancel = await call('POST', `/api/orders/${orderId}/cancel`, { token: mallory })
      expect(cancel.body.code, state).toBe(40401)
      await persisted(alice, orderId)
    }
    const list = await call<{ items: Order[] }>('GET', '/api/orders', { token: mallory })
    expect(list.body.data.items.map((item) => item.orderId)).not.toContain(orderId)
    expect((await detail(alice, orderId)).body.data.status).toBe('unpaid')
  })

  it.each([
    ['no key', {}, { items: [{ skuId: '1', quantity: 1 }] }, 400, 40001],
    ['no items', { 'idempotency-key': 'k-12345' }, { items: [] }, 400, 40001],
    [
      'a quantity of nothing',
      { 'idempotency-key': 'k-12345' },
      { items: [{ skuId: '1', quantity: 0 }] },
      400,
      40001,
    ],
    [
      'a price of its own',
      { 'idempotency-key': 'k-12345' },
      { items: [{ skuId: '1', quantity: 1, priceFen: 1 }] },
      400,
      40001,
    ],
    [
      'a SKU twice',
      { 'idempotency-key': 'k-12345' },
      {
        items: [
          { skuId: '1', quantity: 1 },
          { skuId: '1', quantity: 1 },
        ],
      },
      400,
      40001,
    ],
    [
      'an unknown SKU',
      { 'idempotency-key': 'k-12345' },
      { items: [{ skuId: '999999999', quantity: 1 }] },
      404,
      40401,
    ],
  ] as const)('is refused with %s', async (_, headers, body, status, code) => {
    const answer = await call('POST', '/api/orders', { token: alice, headers, body })
    expect([answer.status, answer.body.code]).toEqual([status, code])
  })

  it('is listed with the newest first, page by page, none twice and none missed', async () => {
    const bob = (await login(`bob-${randomUUID()}`)).accessToken
    const sku = await newSku(admin, 10)
    const placed: string[] = []
    for (let i = 0; i < 5; i++) placed.push((await order(bob, sku)).body.data.orderId)
    const seen: string[] = []
    let cursor: string | null | undefined
    do {
      const query: string = cursor ? `?limit=2&cursor=${cursor}` : '?limit=2'
      const { body } = await call<{ items: Order[]; nextCursor: string | null }>(
        'GET',
        `/api/orders${query}`,
        { token: bob },
      )
      seen.push(...body.data.items.map(({ orderId }) => orderId))
      cursor = body.data.nextCursor
    } while (cursor !== null)
    expect(seen).toEqual(placed.toReversed())
  })
})

describe('an order that was accepted', () => {
  const place = (key: string, body: object) =>
    call<Order>('POST', '/api/orders', { token: alice, headers: { 'idempotency-key': key }, body })

  it('is persisted whatever its text', async () => {
    for (const remark of ['😀 𠮷田', '\ufffe\uffff']) {
      const items = [{ skuId: await newSku(admin, 1), quantity: 1 }]
      const { status, body } = await place(randomUUID(), { items, remark })
      expect(status).toBe(202)
      const order = await persisted(alice, body.data.orderId)
      expect(order.body.data).toMatchObject({ status: 'unpaid', remark })
    }
  })

  it('is answered the same after its product was unpublished', async () => {
    const created = await call<{ id: string; skus: { id: string }[] }>(
      'POST',
      '/api/admin/products',
      {
        token: admin,
        body: { title: '限时', categoryId: '402', skus: [{ title: 'x', priceFen: 1, stock: 500 }] },
      },
    )
    const { id, skus } = created.body.data
    const body = { items: [{ skuId: skus[0]?.id, quantity: 1 }] }
    const key = randomUUID()
    const first = await place(key, body)
    const unpublish = { token: admin, body: { status: 'unpublished' } }
    await call('PATCH', `/api/admin/products/${id}`, unpublish)
    // Containers know SKUs for two seconds.
    await until(
      async () => (await place(randomUUID(), body)).body.code,
      (code) => code === 40401,
    )
    const again = await place(key, body)
    expect([again.status, again.body.data]).toEqual([202, first.body.data])
    expect((await place(key, { ...body, remark: 'other' })).body.code).toBe(42201)
  })

  it('never costs more than an amount can be: that is refused before anything is held', async () => {
    const created = await call<{ skus: { id: string }[] }>('POST', '/api/admin/products', {
      token: admin,
      body: {
        title: '贵',
        categoryId: '402',
        skus: [{ title: 'x', priceFen: 10_000_000_000, stock: 5 }],
      },
    })
    const skuId = created.body.data.skus[0]?.id ?? ''
    const answer = await place(randomUUID(), { items: [{ skuId, quantity: 2 }] })
    expect(answer.body).toMatchObject({ code: 40001, details: [{ field: 'items' }] })
    expect(await stockOf(admin, skuId)).toMatchObject({ held: 0, available: 5 })
  })
})

describe('a sale', () => {
  it('gives 100 parallel buyers of 30 items exactly 30 orders, and the ledger balances', async () => {
    const sku = await newSku(admin, 30)
    const buyers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        login(`buyer-${index}`).then(({ accessToken }) => accessToken),
      ),
    )
    const answers = await Promise.all(buyers.map((token) => order(token, sku)))
    const codes = answers.map(({ body }) => body.code)
    expect(codes.filter((code) => code === 0)).toHaveLength(30)
    expect(codes.filter((code) => code === 40901)).toHaveLength(70)

    const won = answers.flatMap(({ body }, index) =>
      body.code === 0 ? [{ id: body.data.orderId, token: buyers[index] ?? '' }] : [],
    )
    expect(new Set(won.map(({ id }) => id)).size).toBe(30)
    for (const { id, token } of won) {
      expect((await persisted(token, id)).body.data.status).toBe('unpaid')
    }
    expect(await stockOf(admin, sku)).toMatchObject({
      received: 30,
      sold: 0,
      held: 30,
      available: 0,
    })
  })

  it('serves 150 buyers at once', async () => {
    const sku = await newSku(admin, 150)
    const buyers = await Promise.all(
      Array.from({ length: 150 }, (_, index) => login(`buyer-${index}`)),
    )
    const answers = await Promise.all(buyers.map(({ accessToken }) => order(accessToken, sku)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
    expect(await stockOf(admin, sku)).toMatchObject({ held: 150, available: 0 })
  })

  it('gives one order and one answer to the same key sent 50 times at once', async () => {
    const sku = await newSku(admin, 50)
    const key = randomUUID()
    const answers = await Promise.all(Array.from({ length: 50 }, () => order(alice, sku, { key })))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]))
    expect(new Set(answers.map(({ body }) => JSON.stringify(body.data))).size).toBe(1)
    await persisted(alice, answers[0]?.body.data.orderId ?? '')
    expect(await stockOf(admin, sku)).toMatchObject({ held: 1, available: 49 })

    const other = await order(alice, sku, { key, quantity: 2 })
    expect([other.status, other.body.code]).toEqual([422, 42201])
  })

  it('keeps a user to the limit of a SKU, and gives the place back with a cancelled order', async () => {
    const sku = await newSku(admin, 10, 2)
    const first = await order(alice, sku, { quantity: 2 })
    expect(first.status).toBe(202)
    expect((await order(alice, sku)).body.code).toBe(40904)
    await call('POST', `/api/orders/${first.body.data.orderId}/cancel`, { token: alice })
    expect((await order(alice, sku)).status).toBe(202)
  })
})

describe('stock', () => {
  it('is never corrected below what orders were promised, however the two race', async () => {
    const sku = await newSku(admin, 60)
    const correct = () =>
      call('POST', `/api/admin/skus/${sku}/stock`, {
        token: admin,
        body: { delta: -7, reason: 'x' },
      })
    const [orders, corrections] = await Promise.all([
      Promise.all(Array.from({ length: 60 }, () => order(alice, sku))),
      Promise.all(Array.from({ length: 12 }, correct)),
    ])
    const won = orders.flatMap(({ body }) => (body.code === 0 ? [body.data.orderId] : []))
    const taken = corrections.filter(({ body }) => body.code === 0).length
    for (const { body } of [...orders, ...corrections]) expect([0, 40901]).toContain(body.code)
    for (const id of won) expect((await persisted(alice, id)).body.data.status).toBe('unpaid')
    const left = 60 - 7 * taken - won.length
    expect(left).toBeGreaterThanOrEqual(0)
    expect(await stockOf(admin, sku)).toMatchObject({ held: won.length, available: left })
    // What is shown as free can be bought, and no more.
    if (left > 0) expect((await order(alice, sku, { quantity: left })).status).toBe(202)
    expect((await order(alice, sku)).body.code).toBe(40901)
  })

  it('is received and corrected by admins only, and never below what is free', async () => {
    const sku = await newSku(admin, 3)
    const path = `/api/admin/skus/${sku}/stock`
    expect((await call('GET', path, { token: alice })).body.code).toBe(40301)
    await order(alice, sku)
    const more = await call('POST', path, { token: admin, body: { delta: 5, reason: 'delivery' } })
    expect(more.body.data).toMatchObject({ received: 8, held: 1, available: 7 })
    // Between the stock job's commit and the end of the hold the counter shows too little.
    const less = await until(
      () => call('POST', path, { token: admin, body: { delta: -7, reason: 'broken' } }),
      ({ status }) => status === 200,
    )
    expect(less.body.data).toMatchObject({ received: 1, held: 1, available: 0 })
    const tooMuch = await call('POST', path, { token: admin, body: { delta: -1, reason: 'lost' } })
    expect(tooMuch.body.code).toBe(40901)
    expect((await order(alice, sku)).body.code).toBe(40901)
    const nowhere = '/api/admin/skus/999999999/stock'
    expect((await call('GET', nowhere, { token: admin })).body.code).toBe(40401)
    const body = { delta: 1, reason: 'delivery' }
    expect((await call('POST', nowhere, { token: admin, body })).body.code).toBe(40401)
  })
})
