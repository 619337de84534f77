import type { Queryable } from '../../platform/database/database.ts'
import { sql } from '../../platform/database/sql.ts'
import { NotFound } from '../../platform/errors/standard.ts'
import { pageOf } from '../../platform/http/page.ts'
import { log } from '../../platform/telemetry/log.ts'
import { currentScope } from '../../platform/telemetry/scope.ts'
import type { IncidentView, ListIncidents } from './schemas.ts'

/** What a person has to look at. Each is told once for an order (or refund number). */
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
        VALUES (${kind}, ${printable(orderId)}, ${detail}, ${currentScope()?.traceId ?? null}, ${new Date()})`,
  )
  if (rowsAffected === 0) return false
  log.error('payment incident', new Error(detail), { kind, orderId })
  return true
}

/** Numbers of others may be anything; the column takes 64 printable characters. */
export const printable = (text: string) => text.replace(/[^\x21-\x7e]/g, '?').slice(0, 64)

type Row = {
  id: string
  kind: string
  order_id: string
  detail: string
  trace_id: string | null
  created_at: Date
  closed_at: Date | null
  closed_by: string | null
  note: string | null
}

const COLUMNS = sql`id, kind, order_id, detail, trace_id, created_at, closed_at, closed_by, note`

/** What was reported, for admins. */
export function createIncidents(database: Queryable) {
  return {
    /** @returns a page, the newest first */
    async list({ limit, cursor }: ListIncidents) {
      const older = cursor === undefined ? sql`` : sql`WHERE id < ${cursor}`
      const rows = await database.query<Row>(
        sql`SELECT ${COLUMNS} FROM payment_incidents ${older}
            ORDER BY id DESC LIMIT ${limit + 1}`,
      )
      return pageOf(rows.map(toView), limit, ({ id }) => id)
    },

    /**
     * Notes that a person has looked at one. Who came first stays noted.
     * @returns it as it is now
     * @throws NotFound
     */
    async close(id: string, note: string, adminId: string): Promise<IncidentView> {
      await database.write(
        sql`UPDATE payment_incidents SET closed_at = ${new Date()}, closed_by = ${adminId}, note = ${note}
            WHERE id = ${id} AND closed_at IS NULL`,
      )
      const [row] = await database.query<Row>(
        sql`SELECT ${COLUMNS} FROM payment_incidents WHERE id = ${id}`,
      )
      if (row === undefined) throw new NotFound()
      return toView(row)
    },
  }
}

export type Incidents = ReturnType<typeof createIncidents>

function toView(row: Row): IncidentView {
  return {
    id: row.id,
    kind: row.kind,
    orderId: row.order_id,
    detail: row.detail,
    ...(row.trace_id === null ? {} : { traceId: row.trace_id }),
    createdAt: row.created_at.toISOString(),
    ...(row.closed_at === null ? {} : { closedAt: row.closed_at.toISOString() }),
    ...(row.closed_by === null ? {} : { closedBy: row.closed_by }),
    ...(row.note === null ? {} : { note: row.note }),
  }
}
