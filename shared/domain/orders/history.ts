import type { Queryable } from '../../platform/database/database.ts'
import { rowsOf, sql } from '../../platform/database/sql.ts'
import { currentScope } from '../../platform/telemetry/scope.ts'
import type { Actor, EVENTS, OrderState } from './machine.ts'
import type { OrderEvent } from './order.ts'

export type HistoryEntry = {
  orderId: string
  step: (typeof EVENTS)[number]
  from?: OrderState
  to: OrderState
  actor: Actor
  reason?: string | undefined
  /** The trace that caused it, where it is not the one that is running. */
  traceId?: string | undefined
}

/** Writes down steps, in the transaction that takes them. */
export async function writeHistory(tx: Queryable, entries: readonly HistoryEntry[]): Promise<void> {
  if (entries.length === 0) return
  const now = new Date()
  const running = currentScope()?.traceId ?? null
  const rows = entries.map(({ orderId, step, from, to, actor, reason, traceId }) => [
    orderId,
    step,
    from ?? null,
    to,
    actor.kind,
    actor.id ?? null,
    reason ?? null,
    traceId ?? running,
    now,
  ])
  await tx.write(
    sql`INSERT INTO order_history (order_id, step, from_state, to_state, actor, actor_id, reason,
          trace_id, created_at) VALUES ${rowsOf(rows)}`,
  )
}

type Row = {
  step: (typeof EVENTS)[number]
  to_state: OrderState
  actor: Actor['kind']
  actor_id: string | null
  reason: string | null
  trace_id: string | null
  created_at: Date
}

/** @returns the steps that an order took, the first one first */
export async function readHistory(db: Queryable, orderId: string): Promise<OrderEvent[]> {
  const rows = await db.query<Row>(
    sql`SELECT step, to_state, actor, actor_id, reason, trace_id, created_at
        FROM order_history WHERE order_id = ${orderId} ORDER BY id`,
  )
  return rows.map((row) => ({
    step: row.step,
    status: row.to_state,
    actor: row.actor,
    ...(row.actor_id === null ? {} : { actorId: row.actor_id }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.trace_id === null ? {} : { traceId: row.trace_id }),
    at: row.created_at.toISOString(),
  }))
}
