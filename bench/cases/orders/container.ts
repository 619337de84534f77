// What a container of the case `orders` holds: POST /api/orders in four ways, behind the same stack.
import { build } from '../../../functions/orders/create.ts'
import { readAddress } from '../../../shared/domain/addresses/repository.ts'
import { skus } from '../../../shared/domain/catalog/index.ts'
import { couponRules } from '../../../shared/domain/coupons/index.ts'
import { readClaims } from '../../../shared/domain/coupons/repository.ts'
import { isAway } from '../../../shared/domain/intake/away.ts'
import { intake } from '../../../shared/domain/intake/index.ts'
import { direct, orders, persist } from '../../../shared/domain/orders/index.ts'
import { createOrders } from '../../../shared/domain/orders/orders.ts'
import { readStock } from '../../../shared/domain/stock/repository.ts'
import { noteRows } from '../../../shared/domain/stock/sold-out.ts'
import { settings } from '../../../shared/platform/config/index.ts'
import { database } from '../../../shared/platform/database/database.ts'
import { reads } from '../../../shared/platform/database/reading.ts'
import { outbox } from '../../../shared/platform/outbox/index.ts'
import { send } from '../../../shared/platform/queue/queue.ts'
import { redis } from '../../../shared/platform/redis/client.ts'
import { bucketedHolds } from './buckets.ts'
import { createPlainOrders } from './plain.ts'

export const ours = build(orders())

const shop = { database: database(), outbox: outbox(), skus }
export const plain = build(createPlainOrders(shop, { skuLast: false }))
export const plainLast = build(createPlainOrders(shop, { skuLast: true }))

const holds = bucketedHolds(redis())

export const bucketed = build(
  createOrders({
    database: database(),
    reads: reads(),
    holds,
    queue: { send },
    outbox: outbox(),
    skus,
    coupons: couponRules,
    claims: (keys) => readClaims(database(), keys),
    address: (userId, id) => readAddress(database(), userId, id),
    loadStock: async (ids, epoch) =>
      holds.settle([], { stock: await readStock(database(), ids), claims: [] }, epoch),
    persist: persist(),
    intake: intake(),
    isAway,
    direct: direct(),
    unpaidMinutes: settings().UNPAID_MINUTES,
  }),
)

/** As ours, but for what it remembers of having been sold out. */
export const forgetful = build({
  place: (userId, key, body) => {
    noteRows(body.items.map(({ skuId }) => ({ skuId, stock: 1 })))
    return orders().place(userId, key, body)
  },
})
