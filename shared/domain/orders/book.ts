import type { Queryable } from '../../platform/database/database.ts'
import type { Reads } from '../../platform/database/reading.ts'
import { NotFound } from '../../platform/errors/standard.ts'
import { pageOf } from '../../platform/http/page.ts'
import { readHistory } from './history.ts'
import type { Holds } from './holds.ts'
import { type AdminOrderDetail, type OrderDetail, type OrderView, pendingView } from './order.ts'
import { readOrder, readOrders } from './repository.ts'
import type { ListOrders } from './schemas.ts'

export type OrderBookDeps = { reads: Reads; holds: Pick<Holds, 'find' | 'ofUser'> }

/** Orders as their owner reads them; by itself, so that reading brings nothing of placing along. */
export function createOrderBook({ reads, holds }: OrderBookDeps) {
  return {
    /**
     * The hold comes first: while there is one the order is pending, and can be read though the database
     * is away; when there is none the database has decided, since a hold ends after the commit, and after
     * its user is marked: a replica that does not have the order yet is not asked.
     * @returns one of the user's orders with its steps
     * @throws NotFound also where it is somebody else's
     */
    async detail(userId: string, orderId: string): Promise<OrderDetail> {
      const held = await holds.find(orderId)
      if (held !== undefined) {
        return { ...owned(userId, held.userId, pendingView(held)), history: [] }
      }
      const db = await reads.of(userId)
      const order = await readOwn(db, userId, orderId)
      const steps = await readHistory(db, orderId)
      const history = steps.map(({ actor: _, actorId: __, traceId: ___, ...event }) => event)
      return { ...order, history }
    },

    /** @returns a page of the user's orders, the newest first, pending ones among them */
    async list(userId: string, { status, limit, cursor }: ListOrders) {
      const wantsPending = status === undefined || status === 'pending'
      // Held ones first: what leaves Redis in between is then found in the database.
      const held = wantsPending ? await holds.ofUser(userId) : []
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

/** @throws NotFound where there is no such order, or it is somebody else's */
export async function readOwn(db: Queryable, userId: string, orderId: string): Promise<OrderView> {
  const order = await readOrder(db, orderId)
  if (order === undefined) throw new NotFound()
  const { userId: ownerId, ...view } = order
  return owned(userId, ownerId, view)
}

function owned(userId: string, ownerId: string, view: OrderView): OrderView {
  if (userId !== ownerId) throw new NotFound()
  return view
}
