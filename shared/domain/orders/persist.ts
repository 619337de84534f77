import type { Database, Queryable } from '../../platform/database/database.ts'
import { isDuplicate } from '../../platform/database/errors.ts'
import { type Outbox, type OutboxRow, toSend } from '../../platform/outbox/outbox.ts'
import { MAX_DELAY_SECONDS } from '../../platform/queue/queue.ts'
import { type ClaimKey, lockClaims, useClaims, writeUse } from '../coupons/repository.ts'
import { TextCheck } from '../moderation/messages.ts'
import { lockStock, takeStock, unitsOf, writeLedger } from '../stock/repository.ts'
import { type HistoryEntry, writeHistory } from './history.ts'
import type { Holds, TakenRows } from './holds.ts'
import { insertAliases, readAliases, readKeyed, retireKeys } from './key-repository.ts'
import { SYSTEM } from './machine.ts'
import { OrderExpires } from './messages.ts'
import { keysOf, sortByKey } from './one-key.ts'
import type { AcceptedOrder } from './order.ts'
import { type Decided, insertOrders, readStates } from './repository.ts'
import { settleLater } from './settle-later.ts'
import { claimsOf, skusOf } from './taken.ts'

/** Why an order failed: what the history and direct orders call it. */
export const OUT_OF_STOCK = 'out of stock'
export const COUPON_USED = 'the coupon was used already'
export const KEY_REUSED = 'the Idempotency-Key was used for another order'

export type PersistDeps = { database: Database; holds: Pick<Holds, 'settle'>; outbox: Outbox }

/** What a transaction made of orders. */
export type Written = {
  /** Orders that were written, now or before, as failed: they take nothing. */
  failed: ReadonlySet<string>
  /** Orders that are there under another id, by their own. */
  known: ReadonlyMap<string, string>
  /** What the orders took from, as the transaction left it. */
  rows: TakenRows
}

/** What the caller of {@link createWriteOrders} has a say in, within the transaction. */
export type Watching = {
  /** Runs first; throws to leave everything alone. */
  before?(tx: Queryable): Promise<void>
  /** Told of an order that can't be had, before it is written as failed; throws to leave all alone. */
  refuse?(decided: Decided): void
}

/**
 * Writes accepted orders to the database and takes their units out of stock: a whole batch in one
 * transaction. Safe to run again, also side by side: orders that are there already fall out, and so do
 * other attempts with their Idempotency-Keys.
 *
 * The SKUs' rows are locked first and the units given out order by order, in memory; so one guarded
 * UPDATE serves the batch, who comes too late is known without a failed statement, and how the rows
 * are left is known without reading them again. The number of statements is the same for any batch.
 * What can't be fulfilled becomes `failed`.
 *
 * @throws where the database fails; then the whole batch can be handed in again
 */
export function createWriteOrders({ database, outbox }: Pick<PersistDeps, 'database' | 'outbox'>) {
  return async function write(
    orders: readonly AcceptedOrder[],
    { before, refuse }: Watching = {},
  ): Promise<Written> {
    const skuIds = skusOf(orders)
    const { messages, ...written } = await whileKeysCollide(() =>
      database.transaction(async (tx) => {
        await before?.(tx)
        const stock = await lockStock(tx, skuIds)
        const claims = await lockClaims(tx, claimsOf(orders))
        // After the locks, so that what another job wrote for these SKUs is seen.
        const states = await readStates(
          tx,
          orders.map(({ orderId }) => orderId),
        )
        const { own, reused, retired, aliases, known } = await sortNew(
          tx,
          orders.filter(({ orderId }) => !states.has(orderId)),
        )
        const decided = [...allocate(own, { stock, claims }), ...reused.map(reusing)]
        for (const each of decided) if (each.state === 'failed') refuse?.(each)
        const kept = decided.filter(({ state }) => state === 'unpaid').map(({ order }) => order)
        await takeUnits(tx, kept)
        await takeClaims(tx, kept)
        await retireKeys(tx, retired)
        await insertOrders(tx, decided)
        await insertAliases(tx, aliases)
        await writeHistory(tx, decided.map(firstEvent))
        const messages = [...kept.map(timerOf), ...kept.flatMap(checkOf)]
        await outbox.add(tx, messages)
        const failed = new Set(
          [...states].filter(([, state]) => state === 'failed').map(([orderId]) => orderId),
        )
        for (const { order, state } of decided) if (state === 'failed') failed.add(order.orderId)
        return { failed, known, rows: leftBy(kept, { stock, claims }), messages }
      }),
    )
    await outbox.deliver(messages)
    return written
  }
}

export type WriteOrders = ReturnType<typeof createWriteOrders>

/**
 * Writes accepted orders, and ends their holds. Where Redis does not answer the holds stay until the
 * reconciler ends them: the orders are there, and their messages need not come again.
 * @throws where the database fails; then the whole batch can be handed in again
 */
export function createPersist({ holds, ...deps }: PersistDeps) {
  const write = createWriteOrders(deps)
  return async function persist(batch: readonly AcceptedOrder[]): Promise<void> {
    const orders = [...new Map(batch.map((order) => [order.orderId, order])).values()]
    if (orders.length === 0) return
    const { failed, known, rows } = await write(orders)
    const released = (orderId: string) => failed.has(orderId) || known.has(orderId)
    await settleLater(() =>
      holds.settle(
        orders.map((order) => ({ order, released: released(order.orderId) })),
        rows,
      ),
    )
  }
}

/** How often a transaction is run again because another one wrote the same key first. */
const KEY_TRIES = 3

/** Two that write one key at the same moment lock different SKUs: the second run sees the first. */
async function whileKeysCollide<T>(run: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await run()
    } catch (error) {
      if (!isDuplicate(error) || tries === KEY_TRIES) throw error
    }
  }
}

/** Sorts orders that are not there, by their keys; few have a key that was used before. */
async function sortNew(tx: Queryable, orders: readonly AcceptedOrder[]) {
  const inTurn = orders.toSorted((a, b) => (a.orderId < b.orderId ? -1 : 1))
  const earlier = await readKeyed(tx, keysOf(inTurn))
  const names = earlier.length === 0 ? [] : inTurn.map(({ orderId }) => orderId)
  const before = new Map(
    (await readAliases(tx, names)).map(({ alias, orderId }) => [alias, orderId]),
  )
  const sorted = sortByKey(
    inTurn.filter(({ orderId }) => !before.has(orderId)),
    earlier,
  )
  const now = sorted.aliases.map(({ alias, orderId }) => [alias, orderId] as const)
  return { ...sorted, known: new Map([...before, ...now]) }
}

const reusing = (order: AcceptedOrder): Decided => ({
  order,
  state: 'failed',
  reason: KEY_REUSED,
})

/** Gives out units and claims in the order in which the orders were accepted (their ids sort by time). */
export function allocate(orders: readonly AcceptedOrder[], rows: TakenRows): Decided[] {
  const units = new Map(rows.stock.map(({ skuId, stock }) => [skuId, stock]))
  const claims = new Map(rows.claims.map((row) => [claimId(row), row.left]))
  const inTurn = orders.toSorted((a, b) => (a.orderId < b.orderId ? -1 : 1))
  return inTurn.map((order) => {
    const enough = order.items.every(({ skuId, quantity }) => (units.get(skuId) ?? 0) >= quantity)
    if (!enough) return { order, state: 'failed', reason: OUT_OF_STOCK }
    for (const key of claimsOf([order])) {
      const left = claims.get(claimId(key)) ?? 0
      if (left < 1) return { order, state: 'failed', reason: COUPON_USED }
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
