import type { Queryable } from '../../platform/database/database.ts'
import { listOf, sql } from '../../platform/database/sql.ts'
import type { Holds } from './holds.ts'
import type { OrderState } from './machine.ts'

/** What is owed to neither side any more. */
const FINISHED: readonly OrderState[] = ['completed', 'cancelled', 'failed', 'refunded']

export type OpenOrder = { orderId: string; status: OrderState }

export type OpenDeps = { database: Queryable; holds: Pick<Holds, 'ofUser'> }

/** @returns a user's orders that are not finished, also those that only Redis has yet */
export function createOpenOrders({ database, holds }: OpenDeps) {
  return async function openOrders(userId: string): Promise<OpenOrder[]> {
    // Held ones first: what leaves Redis in between is then found in the database.
    const held = await holds.ofUser(userId)
    const stored = await database.query<OpenOrder>(
      sql`SELECT id AS orderId, state AS status FROM orders
          WHERE user_id = ${userId} AND state NOT IN (${listOf(FINISHED)}) ORDER BY id`,
    )
    const known = new Set(stored.map(({ orderId }) => orderId))
    const pending = held
      .filter(({ orderId }) => !known.has(orderId))
      .map(({ orderId }) => ({ orderId, status: 'pending' as const }))
    return [...stored, ...pending]
  }
}

/** Condition on `orders o`: a user's that are finished, for whoever keeps something beside them. */
export const finishedOf = (userId: string) =>
  sql`o.user_id = ${userId} AND o.state IN (${listOf(FINISHED)})`

/** Erases what finished orders say of their buyer, and leaves what the books need. */
export async function eraseOrders(db: Queryable, userId: string): Promise<void> {
  await db.write(
    // Of all steps: a grant repeats the words with which the buyer asked.
    sql`UPDATE order_history h JOIN orders o ON o.id = h.order_id SET h.reason = NULL
        WHERE ${finishedOf(userId)} AND h.reason IS NOT NULL`,
  )
  await db.write(
    sql`UPDATE orders o SET o.address = NULL, o.remark = NULL, o.reason = NULL
        WHERE ${finishedOf(userId)}
          AND (o.address IS NOT NULL OR o.remark IS NOT NULL OR o.reason IS NOT NULL)`,
  )
}
