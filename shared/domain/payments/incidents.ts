import type { Queryable } from '../../platform/database/database.ts'
import { sql } from '../../platform/database/sql.ts'
import { log } from '../../platform/telemetry/log.ts'
import { currentScope } from '../../platform/telemetry/scope.ts'

/** What a person has to look at. Each kind is told once per order (or refund number). */
export type IncidentKind =
  | 'unknown-order'
  | 'wrong-amount'
  | 'second-transaction'
  | 'late-money'
  | 'refund-closed'
  | 'refund-abnormal'
  | 'refund-refused'
  | 'refund-unknown'
  | 'bill-payment-missing-here'
  | 'bill-payment-missing-there'
  | 'bill-payment-differs'
  | 'bill-refund-missing-here'
  | 'bill-refund-differs'

export type Incident = { kind: IncidentKind; orderId: string; detail: string }

/**
 * Writes down and logs as an error what a person has to look at; an alarm watches those log lines.
 * @returns false where it was written down before
 */
export async function report(db: Queryable, { kind, orderId, detail }: Incident): Promise<boolean> {
  const { rowsAffected } = await db.write(
    sql`INSERT IGNORE INTO payment_incidents (kind, order_id, detail, trace_id, created_at)
        VALUES (${kind}, ${orderId}, ${detail}, ${currentScope()?.traceId ?? null}, ${new Date()})`,
  )
  if (rowsAffected === 0) return false
  log.error('payment incident', new Error(detail), { kind, orderId })
  return true
}
