import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { startUpstashBridge } from '../../../local/bridges/upstash.ts'
import { FIRST_EPOCH, leaseRedis } from '../../../local/lib/lease.ts'
import { createGiveUp } from '../../../shared/domain/orders/give-up.ts'
import { createHolds } from '../../../shared/domain/orders/holds.ts'
import { OrderAccepted } from '../../../shared/domain/orders/messages.ts'
import type { AcceptedOrder } from '../../../shared/domain/orders/order.ts'
import { createPersist } from '../../../shared/domain/orders/persist.ts'
import { createRelay } from '../../../shared/domain/orders/relay.ts'
import { createCounters } from '../../../shared/domain/stock/counters.ts'
import { createStock } from '../../../shared/domain/stock/stock.ts'
import type { Queue } from '../../../shared/platform/queue/queue.ts'
import { RedisClient } from '../../../shared/platform/redis/client.ts'
import { insertSku, orderPath } from '../../support/order-path.ts'
import { orderOf } from '../../support/orders.ts'

const UNITS = 50

let redis: RedisClient
let stop: () => Promise<void>
beforeAll(async () => {
  // A database of its own in Redis: a relay takes whatever is overdue, also what other tests wait for.
  const redisUrl = `${inject('endpoints').redisUrl}/6`
  await leaseRedis(redisUrl)
  const bridge = await startUpstashBridge({ redisUrl, token: 'secret' })
  redis = new RedisClient({ url: bridge.url, token: 'secret' })
  stop = bridge.stop
})
afterAll(() => stop())

/** A region: a queue, and a stock job on it, over the Redis and the database that all share. */
function region({ relayAfterSeconds = 30 } = {}) {
  const { database, outbox } = orderPath()
  const queued: AcceptedOrder[] = []
  const queue: Queue = {
    async send(_, messages) {
      queued.push(...messages.map(({ message }) => message.data as AcceptedOrder))
      return { failed: [] }
    },
  }
  const holds = createHolds(redis, relayAfterSeconds)
  const persist = createPersist({ database, holds, outbox })
  return {
    queued,
    holds,
    relay: createRelay({ holds, queue, persist, giveUp: createGiveUp({ database, holds }) }),
    persist,
    stock: createStock({ database, counters: createCounters(redis) }),
  }
}

it("brings in what a dead region had accepted, once, also when that region's own messages come at last", async () => {
  const { database, stateOf } = orderPath()
  const skuId = await insertSku(database, UNITS)
  // What it holds is overdue at once.
  const dead = region({ relayAfterSeconds: 0 })
  const [one, other] = [region(), region()]
  await dead.stock.load([skuId], FIRST_EPOCH)
  const orders = Array.from({ length: 20 }, () => orderOf({ [skuId]: 1 }))
  const ids = orders.map(({ orderId }) => orderId).toSorted()
  for (const order of orders) {
    const message = OrderAccepted.of(order)
    const rest = { bodyHash: 'h', answer: '{}', limits: [0] }
    await dead.holds.place({ message, key: order.orderId, ...rest })
  }

  await Promise.all([one.relay(), other.relay(), one.relay()])
  // Each hold goes to one of those who ask at the same time.
  const relayed = [...one.queued, ...other.queued].map(({ orderId }) => orderId)
  expect(relayed.toSorted()).toEqual(ids)

  await Promise.all([one.persist(one.queued), other.persist(other.queued), dead.persist(orders)])
  await dead.persist(orders)
  for (const id of ids) expect(await stateOf(id)).toBe('unpaid')
  expect(await one.stock.view(skuId)).toMatchObject({
    received: UNITS,
    sold: 0,
    held: orders.length,
    available: UNITS - orders.length,
  })
  expect(await redis.send(['KEYS', 'order:hold:*'])).toEqual([])
})
