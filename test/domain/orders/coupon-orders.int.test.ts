import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { CouponUnusable } from '../../../shared/domain/coupons/errors.ts'
import { addClaim, openClaims, readClaims } from '../../../shared/domain/coupons/repository.ts'
import { createIntake } from '../../../shared/domain/intake/intake.ts'
import { createDirect } from '../../../shared/domain/orders/direct.ts'
import { createHolds } from '../../../shared/domain/orders/holds.ts'
import { createOrders } from '../../../shared/domain/orders/orders.ts'
import { createPersist, createWriteOrders } from '../../../shared/domain/orders/persist.ts'
import { createCounters } from '../../../shared/domain/stock/counters.ts'
import { createStock } from '../../../shared/domain/stock/stock.ts'
import { type Database, database } from '../../../shared/platform/database/database.ts'
import { readsAt } from '../../../shared/platform/database/reading.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { createOutbox } from '../../../shared/platform/outbox/outbox.ts'
import { RedisClient } from '../../../shared/platform/redis/client.ts'

const queue = { send: async () => ({ failed: [] }) }
const inAnHour = () => new Date(Date.now() + 3_600_000)
let db: Database
let skuId: string
let couponId: string

beforeAll(async () => {
  db = database()
  const sku = await db.write(
    sql`INSERT INTO skus (product_id, title, price_fen, stock, attributes)
        VALUES (1, 'x', 1000, 100, '{}')`,
  )
  skuId = sku.insertId
  const now = new Date()
  const coupon = await db.write(
    sql`INSERT INTO coupons (name, kind, amount_fen, threshold_fen, valid_from, valid_until, per_user,
          created_at, updated_at)
        VALUES ('coupon-orders', 'amount', 500, 1000, ${new Date(0)}, ${inAnHour()}, 9, ${now}, ${now})`,
  )
  couponId = coupon.insertId
})

/** The order path over the real engines; the stock job's word to Redis may be lost. */
function orderPath() {
  const { redisRest = '', redisRestToken = '' } = inject('endpoints')
  const redis = new RedisClient({ url: redisRest, token: redisRestToken })
  const holds = createHolds(redis, 30)
  const outbox = createOutbox(db, queue)
  const stock = createStock({ database: db, counters: createCounters(redis) })
  const intake = createIntake({
    database: db,
    redis,
    drained: async () => true,
    settleUnsettled: async () => {},
  })
  const orders = createOrders({
    database: db,
    reads: readsAt(db),
    holds,
    queue,
    outbox,
    skus: async () =>
      new Map([
        [skuId, { skuId, productId: '1', title: 'x', skuTitle: 'x', priceFen: 1000, onSale: true }],
      ]),
    coupons: async () =>
      new Map([
        [
          couponId,
          {
            id: couponId,
            name: 'x',
            kind: 'amount',
            amountFen: 500,
            thresholdFen: 1000,
            validFrom: new Date(0).toISOString(),
            validUntil: inAnHour().toISOString(),
          },
        ],
      ]),
    claims: (keys) => readClaims(db, keys),
    address: async () => undefined,
    loadStock: stock.load,
    persist: createPersist({ database: db, holds, outbox }),
    intake,
    isAway: async () => false,
    direct: createDirect({
      database: db,
      intake,
      write: createWriteOrders({ database: db, outbox }),
    }),
    unpaidMinutes: 15,
  })
  const deaf = { settle: () => Promise.reject(new Error('cut off')) }
  return { holds, orders, persistOnly: createPersist({ database: db, holds: deaf, outbox }) }
}

describe('a coupon that is claimed once more', () => {
  it('can be used at once, though the stock job has not told Redis of the first use yet', async () => {
    const { holds, orders, persistOnly } = orderPath()
    const userId = String(2_000_000_000 + Math.floor(Math.random() * 1_000_000_000))
    await openClaims(db, userId, couponId)
    const place = () =>
      orders.place(userId, randomUUID(), { items: [{ skuId, quantity: 1 }], couponId })
    await addClaim(db, userId, couponId, new Date())
    const first = await place()
    const held = await holds.find(first.orderId)
    if (held === undefined) throw new Error('is not held')
    // Still pending: the claim is taken.
    await addClaim(db, userId, couponId, new Date())
    expect((await place()).totalFen).toBe(500)
    await expect(place()).rejects.toThrow(CouponUnusable)
    // Decided, and Redis does not know: the claim counts as used once, not twice.
    await expect(persistOnly([held])).rejects.toThrow('cut off')
    await addClaim(db, userId, couponId, new Date())
    expect((await place()).totalFen).toBe(500)
    await expect(place()).rejects.toThrow(CouponUnusable)
    expect(await holds.find(first.orderId)).toBeUndefined()
  })
})
