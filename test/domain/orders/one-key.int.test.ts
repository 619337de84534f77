import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { KeyReused } from '../../../shared/domain/orders/errors.ts'
import { OutOfStock } from '../../../shared/domain/stock/errors.ts'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import { orderOf } from '../../support/orders.ts'
import { type Shop, type ShopContainer, startShop } from '../../support/without-redis.ts'

/**
 * What may happen, in any order: attempts with few keys, of which each reaches Redis, does not, or gets no
 * answer from it; and the shop going on. The leases are made to lie (`leasesEnd`), and the queue to look
 * empty, so that attempts do go both ways at once.
 */
const attempt = fc.record({
  kind: fc.constant('attempt' as const),
  key: fc.nat(2),
  body: fc.constantFrom(0, 0, 0, 1),
  redis: fc.constantFrom('there', 'there', 'gone', 'unanswered'),
})
const step = fc.oneof(
  { weight: 6, arbitrary: attempt },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('persist', 'persist deaf', 'twice', 'relay', 'lose', 'back', 'sure'),
    }),
  },
)

let shop: Shop
let container: ShopContainer
let people = 0
beforeAll(async () => {
  shop = await startShop('one_key', 10, { drained: async () => true, waitMillis: 300 })
  container = await shop.startContainer()
})
afterAll(() => shop.stop())

async function settle(): Promise<void> {
  container.faults.clear()
  for (let rounds = 0; rounds < 2; rounds++) {
    await container.work()
    await shop.timePasses()
    expect(await container.intake.tend()).toBe(true)
    await container.relay()
    await container.work()
  }
  await container.reconcile()
}

it('one key is one order, and every id that was acknowledged is a name of it, whichever ways its attempts went', async () => {
  let aliases = 0
  const run = fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
    const userId = String(++people)
    const sku = await shop.newSku(50)
    const acknowledged: { key: number; body: number; orderId: string }[] = []
    await settle()
    for (const now of steps) {
      container.faults.clear()
      if (now.kind === 'attempt') {
        const { key, body, redis } = now
        if (redis !== 'there') await shop.leasesEnd()
        if (redis === 'gone') container.faults.set({ errorRate: 1 })
        if (redis === 'unanswered') container.faults.set({ dropAfterCommitRate: 1 })
        try {
          const more = body === 0 ? {} : { remark: 'another' }
          const { orderId } = await container.buy(userId, sku, `key-${key}`, more)
          acknowledged.push({ key, body, orderId })
        } catch (error) {
          const clear = [KeyReused, Unavailable, OutOfStock].some((kind) => error instanceof kind)
          if (!clear) throw error
        }
      } else if (now.kind === 'persist') {
        await container.persist(shop.accepted.splice(0, 1))
      } else if (now.kind === 'persist deaf') {
        container.faults.set({ errorRate: 1 })
        await container.persist(shop.accepted.splice(0, 1))
      } else if (now.kind === 'twice') {
        shop.accepted.push(...shop.accepted.slice(0, 1))
      } else if (now.kind === 'relay') {
        await container.relay()
      } else if (now.kind === 'lose') {
        // What Redis alone has is lost with it: whose message was sent is not.
        await container.relay()
        await shop.lose()
      } else if (now.kind === 'back') {
        await shop.timePasses()
        await container.intake.tend()
      } else {
        await shop.isSure()
      }
    }
    await settle()
    const rows = await shop.ordersOf(userId)
    for (const key of new Set(acknowledged.map((each) => each.key))) {
      const mine = acknowledged.filter((each) => each.key === key)
      const names = await Promise.all(
        mine.map(async ({ body, orderId }) => {
          const { status, orderId: real } = await container.orders.detail(userId, orderId)
          if (real !== orderId) aliases++
          return { body, real, status }
        }),
      )
      // The same body, the same order; with another body it is refused, or fails.
      for (const body of [0, 1]) {
        const same = names.filter((name) => name.body === body)
        expect(new Set(same.map(({ real }) => real)).size).toBeLessThanOrEqual(1)
      }
      const kept = new Set(names.filter(({ status }) => status === 'unpaid').map((n) => n.real))
      expect(kept.size).toBe(1)
      const row = rows.filter(({ key_hash: hash }) => hash === shop.hashOfKey(`key-${key}`))
      expect(row.map(({ id }) => id)).toEqual([...kept])
    }
    const view = await container.stock.view(sku)
    expect(view.received).toBe(view.sold + view.held + view.available)
    expect(view.held).toBe(rows.filter(({ state }) => state === 'unpaid').length)
  })
  await fc.assert(run, {
    numRuns: 15,
    // Accepted in Redis, its message still on its way, when the retry goes to the database.
    examples: [
      [
        [
          { kind: 'attempt', key: 0, body: 0, redis: 'there' },
          { kind: 'attempt', key: 0, body: 0, redis: 'gone' },
          { kind: 'persist' },
        ],
      ],
    ],
  })
  expect(aliases).toBeGreaterThan(0)
})

it('a key counts for a day, by when its orders were placed, however late they are written', async () => {
  const [userId, sku] = [String(++people), await shop.newSku(9)]
  await settle()
  const hash = shop.hashOfKey('daily')
  const placed = (hoursAgo: number, body = 'b') =>
    orderOf(
      { [sku]: 1 },
      {
        userId,
        key: { hash, body },
        createdAt: new Date(Date.now() - hoursAgo * 3_600_000).toISOString(),
      },
    )
  const [yesterday, retry, today, other, late] = [
    placed(25),
    placed(24.5),
    placed(0.5),
    placed(0.2, 'other'),
    placed(26),
  ]
  for (const order of [yesterday, retry, today, other, late, retry, yesterday]) {
    await container.persist([order])
  }
  const rows = await shop.ordersOf(userId)
  expect(Object.fromEntries(rows.map((row) => [row.id, [row.state, row.key_hash]]))).toEqual({
    [yesterday.orderId]: ['unpaid', null],
    [today.orderId]: ['unpaid', hash],
    [other.orderId]: ['failed', null],
    [late.orderId]: ['unpaid', null],
  })
  expect(await container.orders.detail(userId, retry.orderId)).toMatchObject({
    orderId: yesterday.orderId,
  })
  expect(await container.stock.view(sku)).toMatchObject({ held: 3, available: 6 })
})

it('of two orders with a key that are written at the same moment one is the other', async () => {
  const userId = String(++people)
  await settle()
  const key = { hash: shop.hashOfKey('same'), body: 'b' }
  const skus = await Promise.all([shop.newSku(1), shop.newSku(1)])
  const orders = skus.map((sku) => orderOf({ [sku]: 1 }, { userId, key }))
  await Promise.all(orders.map((order) => container.persist([order])))
  const rows = await shop.ordersOf(userId)
  expect(rows).toMatchObject([{ state: 'unpaid', key_hash: key.hash }])
  for (const { orderId } of orders) {
    expect((await container.orders.detail(userId, orderId)).orderId).toBe(rows[0]?.id)
  }
})
