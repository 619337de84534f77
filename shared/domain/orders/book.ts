import type { Queryable } from '../../platform/database/database.ts'
import type { Reads } from '../../platform/database/reading.ts'
import { isOutage } from '../../platform/errors/api-error.ts'
import { NotFound, Unavailable } from '../../platform/errors/standard.ts'
import { pageOf } from '../../platform/http/page.ts'
import { describeError, log } from '../../platform/telemetry/log.ts'
import { readHistory } from './history.ts'
import type { Holds } from './holds.ts'
import { readAliases } from './key-repository.ts'
import {
  type AcceptedOrder,
  type AdminOrderDetail,
  type OrderDetail,
  type OrderView,
  pendingView,
} from './order.ts'
import { readOrder, readOrders } from './repository.ts'
import type { ListOrders } from './schemas.ts'

export type OrderBookDeps = {
  reads: Reads
  holds: Pick<Holds, 'find' | 'ofUser'>
  /** Whether Redis is left, and what it held may be in no place where one can look. */
  isAway(): Promise<boolean>
}

/** Orders as their owner reads them; by itself, so that reading brings nothing of placing along. */
export function createOrderBook(deps: OrderBookDeps) {
  const { reads, holds } = deps
  return {
    /**
     * The hold comes first: while there is one the order is pending, and can be read though the database
     * is away; when there is none the database has decided, since a hold ends after the commit, and after
     * its user is marked: a replica that does not have the order yet is not asked.
     * @returns one of the user's orders with its steps
     * @throws NotFound also where it is somebody else's
     */
    async detail(userId: string, orderId: string): Promise<OrderDetail> {
      const { held, away } = await findHeld(deps, orderId)
      if (held !== undefined) {
        return { ...owned(userId, held.userId, pendingView(held)), history: [] }
      }
      const db = await reads.of(userId)
      const order = await orAway(away, deps, () => readOwn(db, userId, orderId))
      const steps = await readHistory(db, order.orderId)
      const history = steps.map(({ actor: _, actorId: __, traceId: ___, ...event }) => event)
      return { ...order, history }
    },

    /**
     * @returns a page of the user's orders, the newest first, pending ones among them; without those
     *   while Redis does not answer
     */
    async list(userId: string, { status, limit, cursor }: ListOrders) {
      const wantsPending = status === undefined || status === 'pending'
      // Held ones first: what leaves Redis in between is then found in the database.
      const held = wantsPending ? await holds.ofUser(userId).catch(noneWhenAway) : []
      const db = await reads.of(userId)
      const rows = await readOrders(db, { userId, status, before: cursor, limit: limit + 1 })
      const stored = rows.map(({ userId: _, ...view }) => view)
      const inDatabase = new Set(stored.map(({ orderId }) => orderId))
      const pending = held
        .filter(({ orderId }) => !inDatabase.has(orderId))
        .filter(({ orderId }) => cursor === undefined || orderId < cursor)
        .map(pendingView)
      const newestFirst = [...pending, ...stored].sort((a, b) => (a.orderId < b.orderId ? 1 : -1))
      return pageOf(newestFirst, limit, ({ orderId }) => orderId)
    },
  }
}

export type OrderBook = ReturnType<typeof createOrderBook>

/** @returns any order with its history, as admins see it. @throws NotFound also while it is pending */
export async function readAny(db: Queryable, orderId: string): Promise<AdminOrderDetail> {
  const order = await readOrder(db, orderId)
  if (order === undefined) throw new NotFound()
  return { ...order, history: await readHistory(db, orderId) }
}

/** @returns the order while it is held; `away` is why Redis can't tell */
export async function findHeld(
  { holds }: Pick<OrderBookDeps, 'holds'>,
  orderId: string,
): Promise<{ held?: AcceptedOrder | undefined; away?: unknown }> {
  try {
    return { held: await holds.find(orderId) }
  } catch (away) {
    if (!isOutage(away)) throw away
    return { away }
  }
}

/**
 * An order that is in no place where one can look may be there all the same: in Redis, which does not
 * answer, or, after Redis has lost its data, in the queue.
 * @throws Unavailable then, instead of NotFound
 */
export async function orAway<T>(
  away: unknown,
  { isAway }: Pick<OrderBookDeps, 'isAway'>,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof NotFound)) throw error
    if (away !== undefined) throw away
    throw (await isAway()) ? Unavailable.because('redis', error) : error
  }
}

function noneWhenAway(error: unknown): AcceptedOrder[] {
  if (!isOutage(error)) throw error
  log.warn('pending orders are not listed', { error: describeError(error) })
  return []
}

/** @throws NotFound where there is no such order, or it is somebody else's */
export async function readOwn(db: Queryable, userId: string, id: string): Promise<OrderView> {
  const order = (await readOrder(db, id)) ?? (await readAliased(db, id))
  if (order === undefined) throw new NotFound()
  const { userId: ownerId, ...view } = order
  return owned(userId, ownerId, view)
}

/** An order by another name of it. */
async function readAliased(db: Queryable, id: string) {
  const [alias] = await readAliases(db, [id])
  return alias && readOrder(db, alias.orderId)
}

function owned(userId: string, ownerId: string, view: OrderView): OrderView {
  if (userId !== ownerId) throw new NotFound()
  return view
}
