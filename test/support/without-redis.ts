import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { inject } from 'vitest'
import { startUpstashBridge } from '../../local/bridges/upstash.ts'
import { createAddresses } from '../../shared/domain/addresses/addresses.ts'
import { createAddressBook } from '../../shared/domain/addresses/book.ts'
import { readAddress } from '../../shared/domain/addresses/repository.ts'
import { readClaims } from '../../shared/domain/coupons/repository.ts'
import { createDrained } from '../../shared/domain/intake/drained.ts'
import { createIntake } from '../../shared/domain/intake/intake.ts'
import { EPOCH, LEASE, REBUILDING, UNSURE } from '../../shared/domain/intake/keys.ts'
import { readIntake } from '../../shared/domain/intake/repository.ts'
import { createClose } from '../../shared/domain/orders/close.ts'
import { createSettleUnsettled } from '../../shared/domain/orders/decided.ts'
import { createDirect } from '../../shared/domain/orders/direct.ts'
import { createGiveUp } from '../../shared/domain/orders/give-up.ts'
import { createHolds } from '../../shared/domain/orders/holds.ts'
import { hashOfKey } from '../../shared/domain/orders/key-repository.ts'
import type { AcceptedOrder } from '../../shared/domain/orders/order.ts'
import { createOrders } from '../../shared/domain/orders/orders.ts'
import { createPersist, createWriteOrders } from '../../shared/domain/orders/persist.ts'
import { createStockReconcile } from '../../shared/domain/orders/reconcile.ts'
import { createRelay } from '../../shared/domain/orders/relay.ts'
import type { OrderReceipt } from '../../shared/domain/orders/schemas.ts'
import { createSteps } from '../../shared/domain/orders/steps.ts'
import { createCounters } from '../../shared/domain/stock/counters.ts'
import { createStock } from '../../shared/domain/stock/stock.ts'
import { createDatabase, type Database } from '../../shared/platform/database/database.ts'
import { readsAt } from '../../shared/platform/database/reading.ts'
import { sql } from '../../shared/platform/database/sql.ts'
import { Unavailable } from '../../shared/platform/errors/standard.ts'
import { createOutbox } from '../../shared/platform/outbox/outbox.ts'
import type { Queue } from '../../shared/platform/queue/queue.ts'
import { RedisClient } from '../../shared/platform/redis/client.ts'
import { insertSku } from './order-path.ts'
import { ownDatabase } from './own-database.ts'

const fromTheStart = { read: async () => undefined, keep: async () => {} }

/** Whether the stock queue seems empty, and how long orders wait for a way, in milliseconds. */
type Options = { drained?: () => Promise<boolean>; waitMillis?: number }

/**
 * A shop on a database and a Redis of its own, of which the test decides when they answer, and a stock
 * queue that the test empties. Each container reaches Redis, or does not, by itself.
 */
export async function startShop(name: string, redisIndex: number, options: Options = {}) {
  const own = await ownDatabase(name)
  const redisUrl = `${inject('endpoints').redisUrl}/${redisIndex}`
  const server = new Redis(redisUrl)
  await server.flushdb()
  const database = createDatabase(own.url)
  const accepted: AcceptedOrder[] = []
  const { waitMillis = 3_000 } = options
  let takes = true
  const queue: Queue = {
    async send(queueName, messages) {
      if (!takes) return { failed: messages.map((_, index) => index) }
      if (queueName === 'stock') {
        accepted.push(...messages.map(({ message }) => message.data as AcceptedOrder))
      }
      return { failed: [] }
    },
  }
  const limits = new Map<string, number>()
  const stops: (() => Promise<unknown>)[] = [async () => server.disconnect(), own.stop]

  async function startContainer() {
    let reached = true
    const seen = new Proxy(database, {
      get: (target, name: keyof Database) =>
        reached ? target[name] : () => Promise.reject(new Unavailable()),
    })
    const bridge = await startUpstashBridge({ redisUrl, token: 'secret' })
    stops.push(bridge.stop)
    const redis = new RedisClient({ url: bridge.url, token: 'secret' })
    const holds = createHolds(redis, 0)
    const counters = createCounters(redis)
    const outbox = createOutbox(seen, queue)
    const { drained = createDrained(outbox, async () => [accepted.length]) } = options
    const intakeOver = (over: Database) =>
      createIntake({
        ...{ database: over, redis, drained, quietMillis: 0 },
        settleUnsettled: createSettleUnsettled({ database: over, holds }),
      })
    const intake = intakeOver(seen)
    const persist = createPersist({ database: seen, holds, outbox })
    const stock = createStock({ database: seen, counters })
    const direct = createDirect({
      ...{ database: seen, intake, write: createWriteOrders({ database: seen, outbox }) },
    })
    const sku = (skuId: string) => ({
      ...{ skuId, productId: '1', title: 'x', skuTitle: 'x', priceFen: 1, onSale: true },
      limitPerUser: limits.get(skuId),
    })
    const orders = createOrders({
      ...{ database: seen, reads: readsAt(seen), holds, queue, outbox, persist, intake, direct },
      skus: async (ids) => new Map(ids.map((id) => [id, sku(id)])),
      isAway: async () => (await readIntake(seen)).way === 'database',
      coupons: async () => new Map(),
      claims: (keys) => readClaims(seen, keys),
      address: (userId, id) => readAddress(seen, userId, id),
      loadStock: stock.load,
      waitMillis,
      unpaidMinutes: 15,
    })
    const addresses = createAddresses({
      ...{ database: seen, reads: readsAt(seen), book: createAddressBook(redis), intake },
    })
    const close = createClose({ database: seen, holds, take: createSteps(outbox) })
    const reconcile = createStockReconcile({
      ...{ database: seen, holds, counters, unpaidMinutes: 15 },
      progress: { closed: fromTheStart, skus: fromTheStart, ledgers: fromTheStart },
    })
    return {
      ...{ faults: bridge.faults, calls: bridge.calls, holds, intake, orders, addresses, stock },
      ...{ close, persist, direct, intakeOver },
      /** From now on the database does not answer this container, or does again. */
      reachesDatabase(yes: boolean) {
        reached = yes
      },
      relayOutbox: () => outbox.relay(0),
      relay: createRelay({
        holds,
        queue,
        persist,
        giveUp: createGiveUp({ database: seen, holds }),
      }),
      reconcile: reconcile.run,
      /** The stock job, until the queue is empty. */
      async work() {
        while (accepted.length > 0) await persist(accepted.splice(0, 10))
      },
      buy: (userId: string, skuId: string, key: string, more: object = {}): Promise<OrderReceipt> =>
        orders.place(userId, key, { items: [{ skuId, quantity: 1 }], ...more }),
    }
  }

  return {
    ...{ database, accepted, startContainer },
    async newUser(): Promise<string> {
      const { insertId } = await database.write(
        sql`INSERT INTO users (openid, created_at, updated_at)
            VALUES (${randomUUID()}, ${new Date()}, ${new Date()})`,
      )
      return insertId
    },
    /** From now on the queue takes messages, or refuses them. */
    queueTakes(yes: boolean) {
      takes = yes
    },
    newSku: (units: number) => insertSku(database, units),
    /** From now on a user may have so many of a SKU. */
    async limit(skuId: string, most: number) {
      limits.set(skuId, most)
      await database.write(sql`UPDATE skus SET limit_per_user = ${most} WHERE id = ${skuId}`)
    },
    /** The database heard of the last lease minutes ago; there may still be one. */
    async leasesEnd() {
      await database.write(
        sql`UPDATE order_intake SET seen_at = seen_at - INTERVAL 4 MINUTE WHERE id = 1`,
      )
    },
    /** As an hour after Redis was away: what it does not know, nobody knows. */
    isSure: () => server.del(UNSURE),
    /** Redis loses all that it has. */
    lose: () => server.flushdb(),
    epoch: () => server.get(EPOCH),
    /** For how long nobody else may bring Redis back; below 0 where nobody does. */
    rebuildingMillis: () => server.pttl(REBUILDING),
    /** As long as a lease lasts without being renewed. */
    async timePasses() {
      await server.del(LEASE)
      await database.write(
        sql`UPDATE order_intake SET seen_at = seen_at - INTERVAL 4 MINUTE,
              changed_at = changed_at - INTERVAL 4 MINUTE WHERE id = 1`,
      )
    },
    way: async () =>
      (await database.query<{ way: string }>(sql`SELECT way FROM order_intake WHERE id = 1`))[0]
        ?.way,
    /** Orders of a user with a key, as the database has them. */
    ordersOf: (userId: string) =>
      database.query<{ id: string; state: string; reason: string | null; key_hash: string | null }>(
        sql`SELECT id, state, reason, key_hash FROM orders WHERE user_id = ${userId} ORDER BY id`,
      ),
    hashOfKey,
    async stop() {
      for (const stop of stops.reverse()) await stop()
    },
  }
}

export type Shop = Awaited<ReturnType<typeof startShop>>
export type ShopContainer = Awaited<ReturnType<Shop['startContainer']>>
