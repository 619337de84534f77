import type { Queryable } from '../../platform/database/database.ts'
import { listOf, sql } from '../../platform/database/sql.ts'
import { fen } from '../../platform/database/values.ts'
import type { OrderState } from '../orders/machine.ts'
import type { Due } from './repository.ts'

/**
 * asked (by the buyer) → granted (WeChat is to be told) → processing (WeChat has it) → succeeded.
 * refused: by an admin. closed, abnormal: WeChat could not pay it back; a person has to look.
 */
export const REFUND_STATES = [
  'asked',
  'granted',
  'processing',
  'succeeded',
  'refused',
  'closed',
  'abnormal',
] as const
export type RefundState = (typeof REFUND_STATES)[number]

export type Refund = {
  orderId: string
  refundNo: string
  /** `late`: money for an order that was closed already. */
  cause: 'order' | 'late'
  state: RefundState
  amountFen: number
  /** The order's state before the refund. */
  cameFrom: OrderState
  /** Whether the units go back on sale. */
  restock: boolean
  reason?: string
  attempt: number
  checks: number
}

type Row = {
  order_id: string
  refund_no: string
  cause: Refund['cause']
  state: RefundState
  amount_fen: string
  came_from: OrderState
  restock: number
  reason: string | null
  attempt: number
  checks: number
}

const toRefund = (row: Row): Refund => ({
  orderId: row.order_id,
  refundNo: row.refund_no,
  cause: row.cause,
  state: row.state,
  amountFen: fen(row.amount_fen),
  cameFrom: row.came_from,
  restock: Number(row.restock) === 1,
  ...(row.reason === null ? {} : { reason: row.reason }),
  attempt: row.attempt,
  checks: row.checks,
})

const COLUMNS = sql`order_id, refund_no, cause, state, amount_fen, came_from, restock, reason,
  attempt, checks`

export async function readRefund(db: Queryable, orderId: string): Promise<Refund | undefined> {
  const [row] = await db.query<Row>(sql`SELECT ${COLUMNS} FROM refunds WHERE order_id = ${orderId}`)
  return row && toRefund(row)
}

export async function readRefundByNo(db: Queryable, no: string): Promise<Refund | undefined> {
  const [row] = await db.query<Row>(sql`SELECT ${COLUMNS} FROM refunds WHERE refund_no = ${no}`)
  return row && toRefund(row)
}

/** Writes an order's refund, over one that was refused or closed. The order's row must be locked. */
export async function putRefund(
  tx: Queryable,
  { refundNo, reason, checkAt, ...refund }: Omit<Refund, 'checks'> & { checkAt: Date },
): Promise<void> {
  const now = new Date()
  const restock = refund.restock ? 1 : 0
  await tx.write(
    sql`INSERT INTO refunds (order_id, refund_no, cause, state, amount_fen, came_from, restock, reason,
          attempt, check_at, created_at, updated_at)
        VALUES (${refund.orderId}, ${refundNo}, ${refund.cause}, ${refund.state}, ${refund.amountFen},
          ${refund.cameFrom}, ${restock}, ${reason ?? null}, ${refund.attempt}, ${checkAt}, ${now}, ${now})
        ON DUPLICATE KEY UPDATE refund_no = ${refundNo}, state = ${refund.state},
          came_from = ${refund.cameFrom}, restock = ${restock}, reason = ${reason ?? null},
          attempt = ${refund.attempt}, checks = 0, check_at = ${checkAt}, updated_at = ${now}`,
  )
}

/** Compare and set. @returns false where the refund is in none of `from`: then nothing was changed */
export async function moveRefund(
  tx: Queryable,
  refundNo: string,
  from: readonly RefundState[],
  to: RefundState,
): Promise<boolean> {
  const { rowsAffected } = await tx.write(
    sql`UPDATE refunds SET state = ${to}, updated_at = ${new Date()}
        WHERE refund_no = ${refundNo} AND state IN (${listOf(from)})`,
  )
  return rowsAffected === 1
}

/** @returns refunds that WeChat is to be told of, or asked about, the longest waiting first */
export async function readDueRefunds(db: Queryable, at: Date, limit: number): Promise<Due[]> {
  const rows = await db.query<{ order_id: string; checks: number }>(
    sql`SELECT order_id, checks FROM refunds
        WHERE state IN ('granted', 'processing', 'abnormal') AND check_at <= ${at}
        ORDER BY check_at LIMIT ${limit}`,
  )
  return rows.map(({ order_id, checks }) => ({ orderId: order_id, checks }))
}

/** @returns false where another run was faster, and is at it */
export async function putOffRefund(
  db: Queryable,
  { orderId, checks }: Due,
  checkAt: Date,
): Promise<boolean> {
  const { rowsAffected } = await db.write(
    sql`UPDATE refunds SET checks = ${checks + 1}, check_at = ${checkAt}
        WHERE order_id = ${orderId} AND checks = ${checks}`,
  )
  return rowsAffected > 0
}

/** @returns the refunds with these numbers */
export async function readRefundsByNo(
  db: Queryable,
  numbers: readonly string[],
): Promise<Map<string, Refund>> {
  if (numbers.length === 0) return new Map()
  const rows = await db.query<Row>(
    sql`SELECT ${COLUMNS} FROM refunds WHERE refund_no IN (${listOf(numbers)})`,
  )
  return new Map(rows.map((row) => [row.refund_no, toRefund(row)]))
}
