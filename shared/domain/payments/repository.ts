import type { Queryable } from '../../platform/database/database.ts'
import { listOf, sql } from '../../platform/database/sql.ts'
import { fen } from '../../platform/database/values.ts'

/** @returns whether the order may be paid, and the id that WeChat gave for it where it answered */
export async function readPrepay(
  db: Queryable,
  orderId: string,
): Promise<{ prepayId?: string; createdAt: Date } | undefined> {
  const [row] = await db.query<{ prepay_id: string | null; created_at: Date }>(
    sql`SELECT prepay_id, created_at FROM prepays WHERE order_id = ${orderId}`,
  )
  if (row === undefined) return undefined
  return {
    createdAt: row.created_at,
    ...(row.prepay_id === null ? {} : { prepayId: row.prepay_id }),
  }
}

/** Notes that an order may be paid from now on. @param checkAt when to ask WeChat about it */
export async function addPrepay(tx: Queryable, orderId: string, checkAt: Date): Promise<void> {
  await tx.write(
    sql`INSERT INTO prepays (order_id, check_at, created_at) VALUES (${orderId}, ${checkAt}, ${new Date()})
        ON DUPLICATE KEY UPDATE order_id = order_id`,
  )
}

export async function setPrepayId(db: Queryable, orderId: string, prepayId: string): Promise<void> {
  await db.write(
    sql`UPDATE prepays SET prepay_id = ${prepayId}, created_at = ${new Date()}
        WHERE order_id = ${orderId}`,
  )
}

/** From now on nobody needs to ask whether the order was paid. */
export async function settlePrepay(tx: Queryable, orderId: string): Promise<void> {
  await tx.write(sql`UPDATE prepays SET settled = 1 WHERE order_id = ${orderId}`)
}

export type Due = { orderId: string; checks: number }
type DueRow = { order_id: string; checks: number }
const toDue = ({ order_id, checks }: DueRow): Due => ({ orderId: order_id, checks })

/** @returns orders of which it is time to ask whether they were paid */
export async function readDuePrepays(db: Queryable, at: Date, limit: number): Promise<Due[]> {
  const rows = await db.query<DueRow>(
    sql`SELECT order_id, checks FROM prepays WHERE settled = 0 AND check_at <= ${at}
        ORDER BY check_at LIMIT ${limit}`,
  )
  return rows.map(toDue)
}

/** @returns false where another run was faster, and is at it */
export async function putOffPrepay(
  db: Queryable,
  { orderId, checks }: Due,
  checkAt: Date,
): Promise<boolean> {
  const { rowsAffected } = await db.write(
    sql`UPDATE prepays SET checks = ${checks + 1}, check_at = ${checkAt}
        WHERE order_id = ${orderId} AND checks = ${checks}`,
  )
  return rowsAffected > 0
}

/** `late`: it came for an order that was closed. */
export type Payment = { transactionId: string; amountFen: number; late: boolean; paidAt: Date }

export async function readPayment(db: Queryable, orderId: string): Promise<Payment | undefined> {
  const [row] = await db.query<{
    transaction_id: string
    amount_fen: string
    late: number
    paid_at: Date
  }>(
    sql`SELECT transaction_id, amount_fen, late, paid_at FROM payments WHERE order_id = ${orderId}`,
  )
  if (row === undefined) return undefined
  return {
    transactionId: row.transaction_id,
    amountFen: fen(row.amount_fen),
    late: Number(row.late) === 1,
    paidAt: row.paid_at,
  }
}

/** @throws StatementFailed (duplicate) where the order, or the transaction, stands there already */
export async function addPayment(
  tx: Queryable,
  orderId: string,
  { transactionId, amountFen, late, paidAt }: Payment,
): Promise<void> {
  await tx.write(
    sql`INSERT INTO payments (order_id, transaction_id, amount_fen, late, paid_at, created_at)
        VALUES (${orderId}, ${transactionId}, ${amountFen}, ${late ? 1 : 0}, ${paidAt}, ${new Date()})`,
  )
}

/** @returns what was paid, by order, from `from` up to but not including `to` */
export async function readPaidBetween(
  db: Queryable,
  from: Date,
  to: Date,
): Promise<Map<string, number>> {
  const rows = await db.query<{ order_id: string; amount_fen: string }>(
    sql`SELECT order_id, amount_fen FROM payments WHERE paid_at >= ${from} AND paid_at < ${to}`,
  )
  return new Map(rows.map((row) => [row.order_id, fen(row.amount_fen)]))
}

/** @returns what was paid for these orders, whenever */
export async function readPaid(
  db: Queryable,
  orderIds: readonly string[],
): Promise<Map<string, number>> {
  if (orderIds.length === 0) return new Map()
  const rows = await db.query<{ order_id: string; amount_fen: string }>(
    sql`SELECT order_id, amount_fen FROM payments WHERE order_id IN (${listOf(orderIds)})`,
  )
  return new Map(rows.map((row) => [row.order_id, fen(row.amount_fen)]))
}

/** Adds what was bought to the products' sales. In the order of ids, so that two can't deadlock. */
export async function addSales(tx: Queryable, orderId: string): Promise<void> {
  const rows = await tx.query<{ product_id: string; units: string }>(
    sql`SELECT product_id, SUM(quantity) AS units FROM order_items WHERE order_id = ${orderId}
        GROUP BY product_id ORDER BY product_id`,
  )
  for (const { product_id, units } of rows) {
    await tx.write(sql`UPDATE products SET sales = sales + ${units} WHERE id = ${product_id}`)
  }
}
