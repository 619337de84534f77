import type { Database, Queryable } from '../../platform/database/database.ts'
import { type Outbox, type OutboxRow, toSend } from '../../platform/outbox/outbox.ts'
import { MAX_DELAY_SECONDS } from '../../platform/queue/queue.ts'
import { type ClaimKey, lockClaims, useClaims, writeUse } from '../coupons/repository.ts'
import { TextCheck } from '../moderation/messages.ts'
import { lockStock, takeStock, unitsOf, writeLedger } from '../stock/repository.ts'
import { type HistoryEntry, writeHistory } from './history.ts'
import type { Holds, TakenRows } from './holds.ts'
import { SYSTEM } from './machine.ts'
import { OrderExpires } from './messages.ts'
import type { AcceptedOrder } from './order.ts'
import { type Decided, insertOrders, readStates } from './repository.ts'
import { claimsOf, skusOf } from './taken.ts'

export type PersistDeps = { database: Database; holds: Pick<Holds, 'settle'>; outbox: Outbox }

/**
 * Writes accepted orders to the database and takes their units out of stock: a whole batch in one
 * transaction. Safe to run again, also side by side: orders that are there already fall out.
 *
 * The SKUs' rows are locked first and the units given out order by order, in memory; so one guarded
 * UPDATE serves the batch, who comes too late is known without a failed statement, and how the rows
 * are left is known without reading them again. The number of statements is the same for any batch.
 * What can't be fulfilled becomes `failed` and gives its hold back.
 *
 * @throws where the database or Redis fails; then the whole batch can be handed in again
 */
export function createPersist({ database, holds, outbox }: PersistDeps) {
  return async function persist(batch: readonly AcceptedOrder[]): Promise<void> {
    const orders = [...new Map(batch.map((order) => [order.orderId, order])).values()]
    if (orders.length === 0) return
    const skuIds = skusOf(orders)
    const { failed, rows, messages } = await database.transaction(async (tx) => {
      const stock = await lockStock(tx, skuIds)
      const claims = await lockClaims(tx, claimsOf(orders))
      // After the locks, so that what another job wrote for these SKUs is seen.
      const states = await readStates(
        tx,
        orders.map(({ orderId }) => orderId),
      )
      const decided = allocate(
        orders.filter(({ orderId }) => !states.has(orderId)),
        { stock, claims },
      )
      const kept = decided.filter(({ state }) => state === 'unpaid').map(({ order }) => order)
      await takeUnits(tx, kept)
      await takeClaims(tx, kept)
      await insertOrders(tx, decided)
      await writeHistory(tx, decided.map(firstEvent))
      const messages = [...kept.map(timerOf), ...kept.flatMap(checkOf)]
      await outbox.add(tx, messages)
      const failed = new Set(
        [...states].filter(([, state]) => state === 'failed').map(([orderId]) => orderId),
      )
      for (const { order, state } of decided) if (state === 'failed') failed.add(order.orderId)
      return { failed, rows: leftBy(kept, { stock, claims }), messages }
    })
    await outbox.deliver(messages)
    await holds.settle(
      orders.map((order) => ({ order, released: failed.has(order.orderId) })),
      rows,
    )
  }
}

/** Gives out units and claims in the order in which the orders were accepted (their ids sort by time). */
export function allocate(orders: readonly AcceptedOrder[], rows: TakenRows): Decided[] {
  const units = new Map(rows.stock.map(({ skuId, stock }) => [skuId, stock]))
  const claims = new Map(rows.claims.map((row) => [claimId(row), row.left]))
  const inTurn = orders.toSorted((a, b) => (a.orderId < b.orderId ? -1 : 1))
  return inTurn.map((order) => {
    const enough = order.items.every(({ skuId, quantity }) => (units.get(skuId) ?? 0) >= quantity)
    if (!enough) return { order, state: 'failed', reason: 'out of stock' }
    for (const key of claimsOf([order])) {
      const left = claims.get(claimId(key)) ?? 0
      if (left < 1) return { order, state: 'failed', reason: 'the coupon was used already' }
      claims.set(claimId(key), left - 1)
    }
    for (const { skuId, quantity } of order.items) {
      units.set(skuId, (units.get(skuId) ?? 0) - quantity)
    }
    return { order, state: 'unpaid' }
  })
}

/** Locked rows as the transaction leaves them that gives these orders what they take. */
function leftBy(orders: readonly AcceptedOrder[], rows: TakenRows): TakenRows {
  const units = unitsOf(orders.flatMap(({ items }) => items))
  const uses = new Map<string, number>()
  for (const key of claimsOf(orders)) uses.set(claimId(key), (uses.get(claimId(key)) ?? 0) + 1)
  const next = (version: string) => String(BigInt(version) + 1n)
  return {
    stock: rows.stock.map((row) => {
      const taken = units.get(row.skuId)
      if (taken === undefined) return row
      return { ...row, stock: row.stock - taken, version: next(row.version) }
    }),
    claims: rows.claims.map((row) => {
      const used = uses.get(claimId(row))
      if (used === undefined) return row
      return { ...row, left: row.left - used, version: next(row.version) }
    }),
  }
}

const claimId = ({ userId, couponId }: ClaimKey) => `${userId} ${couponId}`

async function takeUnits(tx: Queryable, orders: readonly AcceptedOrder[]): Promise<void> {
  const lines = orders.flatMap(({ orderId, items }) =>
    items.map(({ skuId, quantity }) => ({ orderId, skuId, quantity })),
  )
  // The lock makes this certain; the guard stays, because stock below zero is never worth a risk.
  if (!(await takeStock(tx, unitsOf(lines)))) throw new Error('stock moved under a lock')
  await writeLedger(
    tx,
    lines.map(({ orderId, skuId, quantity }) => ({
      skuId,
      kind: 'reserve',
      delta: -quantity,
      orderId,
    })),
  )
}

async function takeClaims(tx: Queryable, orders: readonly AcceptedOrder[]): Promise<void> {
  const uses = orders.flatMap((order) =>
    claimsOf([order]).map((key) => ({
      ...key,
      orderId: order.orderId,
      discountFen: order.discountFen ?? 0,
    })),
  )
  // Guarded as the stock is, and as certain.
  if (!(await useClaims(tx, uses))) throw new Error('claims moved under a lock')
  await writeUse(tx, uses)
}

function firstEvent({ order, state, reason }: Decided): HistoryEntry {
  const { orderId, userId, traceId } = order
  return state === 'unpaid'
    ? { orderId, step: 'accept', to: state, actor: { kind: 'user', id: userId }, traceId }
    : { orderId, step: 'fail', to: state, actor: SYSTEM, reason, traceId }
}

/** SQS keeps a message back for 15 minutes at most; the job waits on where that is not enough. */
function timerOf({ orderId, expiresAt }: AcceptedOrder): OutboxRow {
  const seconds = Math.ceil((Date.parse(expiresAt) - Date.now()) / 1000)
  const delay = Math.min(MAX_DELAY_SECONDS, Math.max(0, seconds))
  return toSend('order-timeout', OrderExpires.of({ orderId, expiresAt }), delay)
}

/** Off the path of the order: what the buyer wrote is looked at once it is there. */
function checkOf({ orderId, userId, remark }: AcceptedOrder): OutboxRow[] {
  if (remark === undefined || remark === '') return []
  return [toSend('notify', TextCheck.of({ kind: 'remark', userId, orderId }))]
}
