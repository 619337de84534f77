import type { SQSEvent } from 'aws-lambda'
import { beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { build as stockJob } from '../../../functions/jobs/stock.ts'
import { readClaims } from '../../../shared/domain/coupons/repository.ts'
import { type Close, createClose } from '../../../shared/domain/orders/close.ts'
import { WrongState } from '../../../shared/domain/orders/errors.ts'
import { createExpiry } from '../../../shared/domain/orders/expiry.ts'
import { createHolds, type Holds } from '../../../shared/domain/orders/holds.ts'
import { SYSTEM } from '../../../shared/domain/orders/machine.ts'
import { OrderAccepted } from '../../../shared/domain/orders/messages.ts'
import type { AcceptedOrder } from '../../../shared/domain/orders/order.ts'
import { createPersist } from '../../../shared/domain/orders/persist.ts'
import { createStockReconcile } from '../../../shared/domain/orders/reconcile.ts'
import { createRelay } from '../../../shared/domain/orders/relay.ts'
import { createSteps } from '../../../shared/domain/orders/steps.ts'
import { type Counters, createCounters } from '../../../shared/domain/stock/counters.ts'
import { counterKey } from '../../../shared/domain/stock/keys.ts'
import { createStock, type Stock } from '../../../shared/domain/stock/stock.ts'
import { createDatabase, type Database } from '../../../shared/platform/database/database.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { createOutbox, type Outbox } from '../../../shared/platform/outbox/outbox.ts'
import type { Outgoing, Queue } from '../../../shared/platform/queue/queue.ts'
import { RedisClient } from '../../../shared/platform/redis/client.ts'
import { log } from '../../../shared/platform/telemetry/log.ts'
import { contextOf } from '../../support/context.ts'
import { orderOf } from '../../support/orders.ts'

let database: Database
let holds: Holds
let counters: Counters
let stock: Stock
let outbox: Outbox
let persist: (orders: readonly AcceptedOrder[]) => Promise<void>
let close: Close

/** A queue that keeps what it is sent, or refuses. */
const sent: { queue: string; messages: readonly Outgoing[] }[] = []
let queueRefuses = false
const queue: Queue = {
  async send(name, messages) {
    if (queueRefuses) return { failed: messages.map((_, index) => index) }
    sent.push({ queue: name, messages })
    return { failed: [] }
  },
}

beforeAll(() => {
  const { redisRest = '', redisRestToken = '', databaseUrl = '' } = inject('endpoints')
  const redis = new RedisClient({ url: redisRest, token: redisRestToken })
  database = createDatabase(databaseUrl)
  holds = createHolds(redis, 30)
  counters = createCounters(redis)
  stock = createStock({ database, counters })
  outbox = createOutbox(database, queue)
  persist = createPersist({ database, holds, outbox })
  close = createClose({ database, holds, take: createSteps(outbox) })
})
beforeEach(() => {
  sent.length = 0
  queueRefuses = false
})

async function newSku(units: number): Promise<string> {
  const { insertId } = await database.write(
    sql`INSERT INTO skus (product_id, title, price_fen, stock, attributes) VALUES (1, 'x', 1, ${units}, '{}')`,
  )
  await database.write(
    sql`INSERT INTO stock_ledger (sku_id, kind, delta, created_at) VALUES (${insertId}, 'receive', ${units}, ${new Date()})`,
  )
  await stock.load([insertId])
  return insertId
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

describe('the stock job', () => {
  it('writes a batch once, though it comes five times, cut and reordered', async () => {
    const [a, b] = [await newSku(20), await newSku(20)]
    const orders = [
      await accept({ [a]: 1 }),
      await accept({ [a]: 2, [b]: 1 }),
      await accept({ [b]: 3 }),
    ]
    await persist(orders)
    await persist(orders.toReversed())
    await Promise.all([
      persist(orders.slice(0, 2)),
      persist(orders.slice(1)),
      persist([...orders, ...orders]),
    ])
    for (const { orderId } of orders) expect(await stateOf(orderId)).toBe('unpaid')
    await expectBalance(a, { held: 3, available: 17 })
    await expectBalance(b, { held: 4, available: 16 })
    expect((await ledgerOf(a)).filter(({ kind }) => kind === 'reserve')).toHaveLength(2)
    expect(
      sent
        .filter(({ queue: name }) => name === 'order-timeout')
        .flatMap(({ messages }) => messages),
    ).toHaveLength(3)
  })

  it('does the same batch once when many do it at the same moment', async () => {
    const sku = await newSku(10)
    const orders = await Promise.all(Array.from({ length: 5 }, () => accept({ [sku]: 1 })))
    await Promise.all(Array.from({ length: 6 }, () => persist(orders)))
    await expectBalance(sku, { held: 5, available: 5 })
  })

  it('fails what the database cannot give, gives its hold back, and keeps the rest', async () => {
    const sku = await newSku(5)
    const orders = [
      await accept({ [sku]: 2 }),
      await accept({ [sku]: 2 }),
      await accept({ [sku]: 1 }),
    ]
    // The database has less than Redis knew of.
    await database.write(sql`UPDATE skus SET stock = 3, version = version + 1 WHERE id = ${sku}`)
    await database.write(
      sql`INSERT INTO stock_ledger (sku_id, kind, delta, created_at) VALUES (${sku}, 'correct', -2, ${new Date()})`,
    )
    await persist(orders)
    const states = await Promise.all(orders.map(({ orderId }) => stateOf(orderId)))
    expect(states).toEqual(['unpaid', 'failed', 'unpaid'])
    await expectBalance(sku, { held: 3, available: 0 })
    expect(await holds.find(orders[1]?.orderId ?? '')).toBeUndefined()
  })

  it('ends the hold of an order that was written before its job died', async () => {
    const sku = await newSku(5)
    const order = await accept({ [sku]: 2 })
    const dying = createPersist({
      database,
      outbox,
      holds: { settle: () => Promise.reject(new Error('died')) },
    })
    await expect(dying([order])).rejects.toThrow('died')
    expect(await stateOf(order.orderId)).toBe('unpaid')
    await expectBalance(sku, { held: 2, available: 3 })
    await persist([order])
    expect(await holds.find(order.orderId)).toBeUndefined()
    await expectBalance(sku, { held: 2, available: 3 })
  })

  it('does not let one bad order take the others along', async () => {
    const sku = await newSku(5)
    const good = await accept({ [sku]: 1 })
    const bad = await accept({ [sku]: 1 }, { remark: 'x'.repeat(300) })
    const records = [good, bad].map((order, index) => ({
      messageId: `m${index}`,
      body: JSON.stringify(OrderAccepted.of(order)),
      attributes: { ApproximateReceiveCount: '1' },
    }))
    const result = await stockJob(persist)({ Records: records } as unknown as SQSEvent, contextOf())
    expect(result.batchItemFailures).toEqual([{ itemIdentifier: 'm1' }])
    expect(await stateOf(good.orderId)).toBe('unpaid')
    expect(await stateOf(bad.orderId)).toBeUndefined()
  })
})

describe('closing an unpaid order', () => {
  it('gives its stock back once, however many do it', async () => {
    const sku = await newSku(5)
    const order = await accept({ [sku]: 2 })
    await persist([order])
    const closed = await Promise.allSettled(
      Array.from({ length: 8 }, () => close(order.orderId, { actor: SYSTEM, reason: 'test' })),
    )
    expect(closed.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await expectBalance(sku, { held: 0, available: 5 })
    // A message that is delivered late changes nothing any more.
    await persist([order])
    expect(await stateOf(order.orderId)).toBe('cancelled')
    await expectBalance(sku, { held: 0, available: 5 })
  })

  it('gives its coupon back once, and a coupon serves one order', async () => {
    const sku = await newSku(5)
    const userId = String(1_000_000_000 + Math.floor(Math.random() * 8_000_000_000))
    const claim = { userId, couponId: '77' }
    await database.write(
      sql`INSERT INTO user_coupons (user_id, coupon_id, claimed) VALUES (${userId}, '77', 1)`,
    )
    const claims = () => readClaims(database, [claim])
    const with77 = { userId, couponId: '77', discountFen: 1 }
    // Two orders with one claim: only a counter that has lost its place lets that happen.
    const [first, second] = [orderOf({ [sku]: 1 }, with77), orderOf({ [sku]: 1 }, with77)]
    await persist([first, second])
    expect([await stateOf(first.orderId), await stateOf(second.orderId)].toSorted()).toEqual([
      'failed',
      'unpaid',
    ])
    expect((await claims())[0]?.left).toBe(0)
    const kept = (await stateOf(first.orderId)) === 'unpaid' ? first : second
    await Promise.allSettled(
      [1, 2, 3].map(() => close(kept.orderId, { actor: SYSTEM, reason: 'test' })),
    )
    expect((await claims())[0]?.left).toBe(1)
    const third = await accept({ [sku]: 1 })
    await persist([third])
    await expectBalance(sku, { held: 1, available: 4 })
  })

  it('happens by the timer when the time is up, and not before', async () => {
    const expiry = createExpiry({ database, queue, close })
    const sku = await newSku(5)
    const early = await accept({ [sku]: 1 })
    const late = await accept(
      { [sku]: 1 },
      { expiresAt: new Date(Date.now() - 1000).toISOString() },
    )
    await persist([early, late])
    sent.length = 0
    await expiry.onTimer(early)
    await expiry.onTimer(late)
    expect(await stateOf(early.orderId)).toBe('unpaid')
    expect(await stateOf(late.orderId)).toBe('cancelled')
    const [again] = sent
    expect(again?.queue).toBe('order-timeout')
    expect(again?.messages[0]?.delaySeconds).toBeGreaterThan(890)
    queueRefuses = true
    await expect(expiry.onTimer(early)).rejects.toThrow()
  })

  it('is done by the sweep where the timer was lost', async () => {
    const expiry = createExpiry({ database, queue, close })
    const sku = await newSku(5)
    const order = await accept(
      { [sku]: 1 },
      { expiresAt: new Date(Date.now() - 120_000).toISOString() },
    )
    await persist([order])
    expect((await expiry.sweep()).closed).toBeGreaterThanOrEqual(1)
    expect(await stateOf(order.orderId)).toBe('cancelled')
    await expectBalance(sku, { held: 0, available: 5 })
  })
})

describe('the sweep', () => {
  it('is not held up by an order that can not be closed', async () => {
    const sku = await newSku(5)
    const expired = (minutes: number) => ({
      expiresAt: new Date(Date.now() - minutes * 60_000).toISOString(),
    })
    const stuck = await accept({ [sku]: 1 }, expired(9))
    const next = await accept({ [sku]: 1 }, expired(5))
    await persist([stuck, next])
    const picky: Close = (orderId, how) =>
      orderId === stuck.orderId ? Promise.reject(new Error('refused')) : close(orderId, how)
    vi.spyOn(log, 'error').mockImplementationOnce(() => {})
    const tally = await createExpiry({ database, queue, close: picky }).sweep()
    expect(tally.failed).toBe(1)
    expect([await stateOf(stuck.orderId), await stateOf(next.orderId)]).toEqual([
      'unpaid',
      'cancelled',
    ])
    await close(stuck.orderId, { actor: SYSTEM, reason: 'test' })
  })
})

describe('a word to Redis that got lost', () => {
  const lost = () => Promise.reject(new Error('cut off'))
  const deaf = () => ({ ...holds, settle: lost }) as unknown as Holds
  const again = async (sku: string, userId: string, limit: number) => {
    const order = orderOf({ [sku]: 2 }, { userId })
    const { outcome } = await holds.place({
      message: OrderAccepted.of(order),
      key: order.orderId,
      bodyHash: 'h',
      answer: '{}',
      limits: [limit],
    })
    return outcome
  }
  const reconcile = () =>
    createStockReconcile({ database, holds, counters, unpaidMinutes: 15 }).run()

  it('is said again when the order is closed again', async () => {
    const sku = await newSku(2)
    const order = await accept({ [sku]: 2 })
    await persist([order])
    const closeDeaf = createClose({ database, holds: deaf(), take: createSteps(outbox) })
    const how = { actor: SYSTEM, reason: 'test' }
    await expect(closeDeaf(order.orderId, how)).rejects.toThrow('cut off')
    expect(await again(sku, '8', 0)).toBe('short')
    await expect(close(order.orderId, how)).rejects.toThrow(WrongState)
    expect(await again(sku, '8', 0)).toBe('held')
  })

  it('is made up for by the reconciler: units, and what the buyer may have', async () => {
    const sku = await newSku(4)
    const userId = String(3_000_000_000 + Math.floor(Math.random() * 1_000_000_000))
    expect(await again(sku, userId, 2)).toBe('held')
    const [kept] = await holds.ofUser(userId)
    if (kept === undefined) throw new Error('is not held')
    await expect(createPersist({ database, holds: deaf(), outbox })([kept])).rejects.toThrow(
      'cut off',
    )
    const closeDeaf = createClose({ database, holds: deaf(), take: createSteps(outbox) })
    const how = { actor: SYSTEM, reason: 'test' }
    await expect(closeDeaf(kept.orderId, how)).rejects.toThrow('cut off')
    expect(await again(sku, userId, 2)).toBe('over')
    await reconcile()
    expect(await again(sku, userId, 2)).toBe('held')
    await expectBalance(sku, { held: 2, available: 2 })
  })

  it('of an order that was closed after its hold had ended is made up for, too', async () => {
    const sku = await newSku(4)
    const userId = String(3_000_000_000 + Math.floor(Math.random() * 1_000_000_000))
    expect(await again(sku, userId, 2)).toBe('held')
    const [kept] = await holds.ofUser(userId)
    if (kept === undefined) throw new Error('is not held')
    await persist([kept])
    const closeDeaf = createClose({ database, holds: deaf(), take: createSteps(outbox) })
    const how = { actor: SYSTEM, reason: 'test' }
    await expect(closeDeaf(kept.orderId, how)).rejects.toThrow('cut off')
    expect(await again(sku, userId, 2)).toBe('over')
    await reconcile()
    expect(await again(sku, userId, 2)).toBe('held')
  })

  it('or a counter that is wrong is put right and told, and one that is right is left alone', async () => {
    const [wrong, right] = [await newSku(3), await newSku(3)]
    const redis = new RedisClient({
      url: inject('endpoints').redisRest ?? '',
      token: inject('endpoints').redisRestToken ?? '',
    })
    await redis.hset(counterKey(wrong), { base: 1, held: 7 })
    const warned = vi.spyOn(log, 'warn').mockImplementation(() => {})
    await reconcile()
    expect(warned).toHaveBeenCalledWith('stock counter repaired', { skuId: wrong })
    expect(warned).not.toHaveBeenCalledWith('stock counter repaired', { skuId: right })
    warned.mockRestore()
    const order = await accept({ [wrong]: 3 })
    await persist([order])
    await expectBalance(wrong, { held: 3, available: 0 })
  })
})

describe('the relay', () => {
  it('sends the message of a hold that was never sent', async () => {
    const sku = await newSku(5)
    const impatient = createHolds(
      new RedisClient({
        url: inject('endpoints').redisRest ?? '',
        token: inject('endpoints').redisRestToken ?? '',
      }),
      0,
    )
    const order = orderOf({ [sku]: 1 })
    await impatient.place({
      message: OrderAccepted.of(order),
      key: order.orderId,
      bodyHash: 'h',
      answer: '{}',
      limits: [0],
    })
    await createRelay({ holds: impatient, queue })()
    const relayed = sent.flatMap(({ messages }) => messages.map(({ message }) => message))
    const message = relayed.find(({ data }) => (data as AcceptedOrder).orderId === order.orderId)
    expect(message?.data).toEqual(order)
    await persist([message?.data as AcceptedOrder])
    expect(await stateOf(order.orderId)).toBe('unpaid')
  })

  it('sends what the outbox still has, and only that', async () => {
    const sku = await newSku(5)
    const order = await accept({ [sku]: 1 })
    queueRefuses = true
    await persist([order])
    queueRefuses = false
    expect(await outbox.relay(0)).toBeGreaterThanOrEqual(1)
    const timers = sent.flatMap(({ messages }) =>
      messages.map(({ message }) => message.data as { orderId: string }),
    )
    expect(timers.filter(({ orderId }) => orderId === order.orderId)).toHaveLength(1)
    sent.length = 0
    await outbox.relay(0)
    expect(sent).toEqual([])
  })
})
