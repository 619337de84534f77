import { expect, inject } from 'vitest'
import { FIRST_EPOCH } from '../../local/lib/lease.ts'
import { createIntake } from '../../shared/domain/intake/intake.ts'
import { createClose } from '../../shared/domain/orders/close.ts'
import { createDirect } from '../../shared/domain/orders/direct.ts'
import { createGiveUp } from '../../shared/domain/orders/give-up.ts'
import { createHolds } from '../../shared/domain/orders/holds.ts'
import { OrderAccepted } from '../../shared/domain/orders/messages.ts'
import type { AcceptedOrder } from '../../shared/domain/orders/order.ts'
import { createPersist, createWriteOrders } from '../../shared/domain/orders/persist.ts'
import { createSteps } from '../../shared/domain/orders/steps.ts'
import { createCounters } from '../../shared/domain/stock/counters.ts'
import { createStock } from '../../shared/domain/stock/stock.ts'
import { createDatabase, type Queryable } from '../../shared/platform/database/database.ts'
import { sql } from '../../shared/platform/database/sql.ts'
import { createOutbox } from '../../shared/platform/outbox/outbox.ts'
import type { Outgoing, Queue } from '../../shared/platform/queue/queue.ts'
import { RedisClient } from '../../shared/platform/redis/client.ts'
import { orderOf } from './orders.ts'

/** A SKU with its first units, as a delivery leaves it. @returns its id */
export async function insertSku(database: Queryable, units: number): Promise<string> {
  const { insertId } = await database.write(
    sql`INSERT INTO skus (product_id, title, price_fen, stock, attributes)
        VALUES (1, 'x', 1, ${units}, '{}')`,
  )
  await database.write(
    sql`INSERT INTO stock_ledger (sku_id, kind, delta, created_at)
        VALUES (${insertId}, 'receive', ${units}, ${new Date()})`,
  )
  return insertId
}

/** The order path over the real database and Redis, with a queue that keeps what it is sent. */
export function orderPath() {
  const { redisRest = '', redisRestToken = '', databaseUrl = '' } = inject('endpoints')
  const redis = new RedisClient({ url: redisRest, token: redisRestToken })
  const database = createDatabase(databaseUrl)
  const sent: { queue: string; messages: readonly Outgoing[] }[] = []
  let refuses = false
  const queue: Queue = {
    async send(name, messages) {
      if (refuses) return { failed: messages.map((_, index) => index) }
      sent.push({ queue: name, messages })
      return { failed: [] }
    },
  }
  const holds = createHolds(redis, 30)
  const counters = createCounters(redis)
  const stock = createStock({ database, counters })
  const outbox = createOutbox(database, queue)
  const persist = createPersist({ database, holds, outbox })
  const giveUp = createGiveUp({ database, holds })
  const intake = createIntake({
    database,
    redis,
    drained: async () => true,
    settleUnsettled: async () => {},
  })
  const write = createWriteOrders({ database, outbox })
  const direct = createDirect({ database, intake, write })
  const close = createClose({ database, holds, take: createSteps(outbox) })

  async function newSku(units: number): Promise<string> {
    const skuId = await insertSku(database, units)
    await stock.load([skuId], FIRST_EPOCH)
    return skuId
  }

  /** Accepts an order as the route does. */
  async function accept(
    units: Record<string, number>,
    over: Partial<AcceptedOrder> = {},
  ): Promise<AcceptedOrder> {
    const order = orderOf(units, over)
    const placed = await holds.place({
      message: OrderAccepted.of(order),
      key: order.orderId,
      bodyHash: 'h',
      answer: '{}',
      limits: order.items.map(() => 0),
    })
    expect(placed.outcome).toBe('held')
    return order
  }

  const stateOf = async (orderId: string) => {
    const rows = await database.query<{ state: string }>(
      sql`SELECT state FROM orders WHERE id = ${orderId}`,
    )
    return rows[0]?.state
  }
  const ledgerOf = (skuId: string) =>
    database.query<{ kind: string; delta: number }>(
      sql`SELECT kind, delta FROM stock_ledger WHERE sku_id = ${skuId} ORDER BY id`,
    )

  async function expectBalance(
    skuId: string,
    expected: { held: number; available: number },
  ): Promise<void> {
    const view = await stock.view(skuId)
    expect(view).toMatchObject(expected)
    expect(view.received).toBe(view.sold + view.held + view.available)
    const ledger = (await ledgerOf(skuId)).reduce((sum, { delta }) => sum + delta, 0)
    const [row] = await database.query<{ stock: number }>(
      sql`SELECT stock FROM skus WHERE id = ${skuId}`,
    )
    expect(ledger).toBe(row?.stock)
  }

  return {
    redis,
    database,
    queue,
    sent,
    /** From now on the queue refuses, or takes, what it is sent. */
    refuse: (yes: boolean) => {
      refuses = yes
    },
    holds,
    counters,
    stock,
    outbox,
    persist,
    giveUp,
    intake,
    direct,
    close,
    newSku,
    accept,
    stateOf,
    ledgerOf,
    expectBalance,
  }
}
