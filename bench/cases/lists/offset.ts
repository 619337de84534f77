import type { Connection, RowDataPacket } from 'mysql2/promise'
import type { Queryable } from '../../../shared/platform/database/database.ts'
import { listOf, type Sql, sql } from '../../../shared/platform/database/sql.ts'

/** What most shops do: count off the rows before the page. */
export async function readByOffset(
  db: Queryable,
  userId: string | undefined,
  limit: number,
  offset: number,
): Promise<{ orderId: string; items: unknown[] }[]> {
  const where: Sql = userId === undefined ? sql`` : sql`WHERE user_id = ${userId}`
  const rows = await db.query<{ id: string }>(
    sql`SELECT id, user_id, state, items_fen, discount_fen, total_fen, coupon_id, address, remark,
          reason, created_at, expires_at, paid_at, carrier, tracking_no, shipped_at
        FROM orders ${where} ORDER BY id DESC LIMIT ${limit} OFFSET ${offset}`,
  )
  const items = await db.query<{ order_id: string }>(
    sql`SELECT order_id, sku_id, product_id, title, sku_title, image, price_fen, quantity
        FROM order_items WHERE order_id IN (${listOf(rows.map(({ id }) => id))})`,
  )
  const byOrder = Map.groupBy(items, ({ order_id }) => order_id)
  return rows.map((row) => ({ ...row, orderId: row.id, items: byOrder.get(row.id) ?? [] }))
}

/** @returns the id that a client has seen last who has seen `skipped` orders */
export async function idBefore(
  connection: Connection,
  userId: string | undefined,
  skipped: number,
): Promise<string | undefined> {
  if (skipped === 0) return undefined
  const where = userId === undefined ? '' : 'WHERE user_id = ?'
  const values = userId === undefined ? [skipped - 1] : [userId, skipped - 1]
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT id FROM orders ${where} ORDER BY id DESC LIMIT 1 OFFSET ?`,
    values,
  )
  return rows[0]?.id
}
