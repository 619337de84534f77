import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, inject, it } from 'vitest'
import { freeInBuckets, subBuckets } from '../../../bench/cases/orders/sub-buckets.ts'
import { FIRST_EPOCH } from '../../../local/lib/lease.ts'
import { createHolds, type Holds } from '../../../shared/domain/orders/holds.ts'
import { OrderAccepted } from '../../../shared/domain/orders/messages.ts'
import type { AcceptedOrder } from '../../../shared/domain/orders/order.ts'
import { createCounters } from '../../../shared/domain/stock/counters.ts'
import { counterKey } from '../../../shared/domain/stock/keys.ts'
import { RedisClient } from '../../../shared/platform/redis/client.ts'
import { orderOf } from '../../support/orders.ts'

const { redisRest = '', redisRestToken = '' } = inject('endpoints')
const redis = new RedisClient({ url: redisRest, token: redisRestToken })
const holds = createHolds(redis, 1)
const counters = createCounters(redis)

/** Ids that no other test uses. */
const freshId = () => String(1_000_000_000 + Math.floor(Math.random() * 8_000_000_000))

const place = (
  order: AcceptedOrder,
  options: { key?: string; bodyHash?: string; limits?: number[] } = {},
  kept: Holds = holds,
) =>
  kept.place({
    message: OrderAccepted.of(order),
    key: options.key ?? randomUUID(),
    bodyHash: options.bodyHash ?? 'hash',
    answer: JSON.stringify({ orderId: order.orderId }),
    limits: options.limits ?? order.items.map(() => 0),
  })

const FREE = `
local state = redis.call('HMGET', KEYS[1], 'base', 'held')
return (state[1] or 0) - (state[2] or 0)`

const available = async (skuId: string, script = FREE) =>
  Number(await redis.eval(script, [counterKey(skuId)]))

/** The bench compares another way to keep counters: it has to behave in the same way. */
const WAYS = [
  { way: 'one counter', kept: holds, free: FREE },
  {
    way: 'sub-buckets',
    kept: createHolds(redis, 1, undefined, subBuckets(3)),
    free: freeInBuckets(3),
  },
]

type Op =
  | { kind: 'place'; units: number[]; key: number; body: number }
  /** The database decides on the oldest undecided order, and Redis hears of it. */
  | { kind: 'decide'; kept: boolean }
  /** Redis hears again of a decision, with the row as it was then. */
  | { kind: 'repeat'; which: number }
  | { kind: 'receive'; sku: number; units: number; told: boolean }

const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('place' as const),
      units: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 2 }),
      key: fc.nat(6),
      body: fc.nat(1),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('decide' as const), kept: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('repeat' as const), which: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('receive' as const),
      sku: fc.nat(1),
      units: fc.integer({ min: 1, max: 4 }),
      told: fc.boolean(),
    }),
  },
)

describe('holds', () => {
  it.each(WAYS)(
    'with $way behave as the model does, whatever comes late, twice or out of order',
    async ({ kept, free }) => {
      await fc.assert(
        fc.asyncProperty(fc.array(op, { maxLength: 30 }), fc.nat(8), async (ops, stock) => {
          const skus = [freshId(), freshId()] as const
          const userId = freshId()
          // The database: what there is, and how often that changed.
          const rows = skus.map((skuId) => ({ skuId, stock, version: 1 }))
          const rowsNow = () => rows.map((row) => ({ ...row, version: String(row.version) }))
          // The model of Redis: the row as it was last told, and the holds.
          const mirror = skus.map(() => ({ base: stock, version: 1 }))
          const held = new Map<string, AcceptedOrder>()
          const keys = new Map<string, { body: string; orderId: string }>()
          const decided: {
            order: AcceptedOrder
            released: boolean
            rows: ReturnType<typeof rowsNow>
          }[] = []
          await kept.settle([], { stock: rowsNow(), claims: [] }, FIRST_EPOCH)
          const heldUnits = (index: number) =>
            [...held.values()]
              .flatMap(({ items }) => items)
              .reduce((sum, { skuId, quantity }) => sum + (skuId === skus[index] ? quantity : 0), 0)
          const gone = (positions: number[], order: AcceptedOrder) =>
            positions.filter((at) => mirror[skus.indexOf(order.items[at]?.skuId ?? '')]?.base === 0)
          const hear = (told: ReturnType<typeof rowsNow>) => {
            for (const [index, row] of told.entries()) {
              const known = mirror[index]
              if (known && Number(row.version) > known.version)
                Object.assign(known, { base: row.stock, version: Number(row.version) })
            }
          }

          for (const step of ops) {
            if (step.kind === 'place') {
              const units = Object.fromEntries(
                skus
                  .map((skuId, index) => [skuId, step.units[index] ?? 0])
                  .filter(([, count]) => Number(count) > 0),
              )
              if (Object.keys(units).length === 0) continue
              const order = orderOf(units as Record<string, number>, { userId })
              const [key, body] = [`key-${step.key}`, `body-${step.body}`]
              const before = keys.get(key)
              const short = order.items.flatMap(({ skuId, quantity }, position) => {
                const index = skus.indexOf(skuId)
                return (mirror[index]?.base ?? 0) - heldUnits(index) < quantity ? [position] : []
              })
              const expected =
                before === undefined
                  ? short.length > 0
                    ? {
                        ...{ outcome: 'short', items: short, coupon: false },
                        ...{ gone: gone(short, order), epoch: FIRST_EPOCH },
                      }
                    : { outcome: 'held', message: expect.anything() }
                  : before.body === body
                    ? { outcome: 'replayed', answer: JSON.stringify({ orderId: before.orderId }) }
                    : { outcome: 'reused' }
              expect(await place(order, { key, bodyHash: body }, kept)).toEqual(expected)
              if (expected.outcome === 'held') {
                held.set(order.orderId, order)
                keys.set(key, { body, orderId: order.orderId })
              }
            } else if (step.kind === 'decide') {
              const [order] = held.values()
              if (order === undefined) continue
              if (step.kept) {
                for (const { skuId, quantity } of order.items) {
                  const row = rows[skus.indexOf(skuId)]
                  if (row)
                    Object.assign(row, { stock: row.stock - quantity, version: row.version + 1 })
                }
              }
              const decision = { order, released: !step.kept, rows: rowsNow() }
              decided.push(decision)
              await kept.settle([decision], { stock: decision.rows, claims: [] })
              held.delete(order.orderId)
              hear(decision.rows)
            } else if (step.kind === 'repeat') {
              const decision = decided[step.which % Math.max(1, decided.length)]
              if (decision === undefined) continue
              await kept.settle([decision], { stock: decision.rows, claims: [] })
            } else {
              const row = rows[step.sku]
              if (row)
                Object.assign(row, { stock: row.stock + step.units, version: row.version + 1 })
              if (step.told) {
                await kept.settle([], { stock: rowsNow(), claims: [] })
                hear(rowsNow())
              }
            }
          }
          for (const [index, skuId] of skus.entries()) {
            const left = await available(skuId, free)
            expect(left).toBe((mirror[index]?.base ?? 0) - heldUnits(index))
            // Never more than the database could give out.
            expect(left).toBeLessThanOrEqual((rows[index]?.stock ?? 0) - heldUnits(index))
          }
          const pending = (await kept.ofUser(userId)).map(({ orderId }) => orderId)
          expect(pending.toSorted()).toEqual([...held.keys()].toSorted())
        }),
        { numRuns: 60 },
      )
    },
  )

  it('asks for counters that Redis does not have, and holds nothing meanwhile', async () => {
    const [known, unknown] = [freshId(), freshId()]
    await counters.mirror([{ skuId: known, stock: 5, version: '1' }], FIRST_EPOCH)
    const order = orderOf({ [known]: 1, [unknown]: 1 }, { userId: freshId() })
    const position = order.items.findIndex(({ skuId }) => skuId === unknown)
    expect(await place(order)).toEqual({
      outcome: 'unknown',
      items: [position],
      coupon: false,
      gone: [],
      epoch: FIRST_EPOCH,
    })
    expect(await available(known)).toBe(5)
    expect(await holds.find(order.orderId)).toBeUndefined()
  })

  it('keep a user to a limit across orders, and forget released ones', async () => {
    const [skuId, userId] = [freshId(), freshId()]
    await counters.mirror([{ skuId, stock: 50, version: '1' }], FIRST_EPOCH)
    const first = orderOf({ [skuId]: 2 }, { userId })
    expect(await place(first, { limits: [3] })).toEqual({
      outcome: 'held',
      message: expect.anything(),
    })
    expect(await place(orderOf({ [skuId]: 2 }, { userId }), { limits: [3] })).toEqual({
      outcome: 'over',
      items: [0],
      coupon: false,
      gone: [],
      epoch: FIRST_EPOCH,
    })
    expect(
      await place(orderOf({ [skuId]: 2 }, { userId: freshId() }), { limits: [3] }),
    ).toMatchObject({ outcome: 'held' })
    await holds.settle([{ order: first, released: true }], { stock: [], claims: [] })
    expect(await place(orderOf({ [skuId]: 3 }, { userId }), { limits: [3] })).toMatchObject({
      outcome: 'held',
    })
  })

  it('hold a coupon as they hold units: each claim once, and free again when it is given back', async () => {
    const [skuId, userId, couponId] = [freshId(), freshId(), freshId()]
    await counters.mirror([{ skuId, stock: 100, version: '1' }], FIRST_EPOCH)
    const using = () => orderOf({ [skuId]: 1 }, { userId, couponId, discountFen: 1 })
    expect(await place(using())).toEqual({
      outcome: 'unknown',
      items: [],
      coupon: true,
      gone: [],
      epoch: FIRST_EPOCH,
    })
    await holds.settle(
      [],
      {
        stock: [],
        claims: [{ userId, couponId, left: 1, version: '1' }],
      },
      FIRST_EPOCH,
    )
    const orders = Array.from({ length: 100 }, using)
    const placed = await Promise.all(orders.map((order) => place(order)))
    expect(placed.filter(({ outcome }) => outcome === 'held')).toHaveLength(1)
    expect(placed.find(({ outcome }) => outcome !== 'held')).toEqual({
      outcome: 'short',
      items: [],
      coupon: true,
      gone: [],
      epoch: FIRST_EPOCH,
    })
    expect(await available(skuId)).toBe(99)
    const winner = orders[placed.findIndex(({ outcome }) => outcome === 'held')] as AcceptedOrder
    const claims = [{ userId, couponId, left: 1, version: '3' }]
    await holds.settle([{ order: winner, released: true }], { stock: [], claims })
    expect(await place(using())).toMatchObject({ outcome: 'held' })
  })

  it('of which the database heard nothing are handed out for sending again, ever less often', async () => {
    const patient = createHolds(redis, 0)
    const skuId = freshId()
    await counters.mirror([{ skuId, stock: 5, version: '1' }], FIRST_EPOCH)
    const order = orderOf({ [skuId]: 1 }, { userId: freshId() })
    await patient.place({
      message: OrderAccepted.of(order),
      key: randomUUID(),
      bodyHash: 'h',
      answer: '{}',
      limits: [0],
    })
    const ids = async (from: Holds) => (await from.overdue(1000)).map(({ data }) => data.orderId)
    expect(await ids(patient)).toContain(order.orderId)
    expect(await ids(createHolds(redis, 3600))).toContain(order.orderId)
    expect(await ids(patient)).not.toContain(order.orderId)
    await patient.settle([{ order, released: true }], { stock: [], claims: [] })
  })
})
