import type { Queryable } from '../../platform/database/database.ts'
import { all, listOf, rowsOf, sql } from '../../platform/database/sql.ts'
import { fen } from '../../platform/database/values.ts'
import type { DeliveryAddress } from '../addresses/schemas.ts'
import type { AcceptedOrder, OrderItem, OrderState, OrderView } from './order.ts'

/** What became of an accepted order when the database got it. */
export type Decided = { order: AcceptedOrder; state: 'unpaid' | 'failed'; reason?: string }

type OrderRow = {
  id: string
  user_id: string
  state: OrderState
  total_fen: string
  address: DeliveryAddress | null
  remark: string | null
  reason: string | null
  created_at: Date
  expires_at: Date
}

type ItemRow = {
  order_id: string
  sku_id: string
  product_id: string
  title: string
  sku_title: string
  image: string | null
  price_fen: string
  quantity: number
}

const COLUMNS = sql`id, user_id, state, total_fen, address, remark, reason, created_at, expires_at`

/** @returns the states of those of the orders that exist, by id */
export async function readStates(
  db: Queryable,
  orderIds: readonly string[],
): Promise<Map<string, OrderState>> {
  const rows = await db.query<{ id: string; state: OrderState }>(
    sql`SELECT id, state FROM orders WHERE id IN (${listOf(orderIds)})`,
  )
  return new Map(rows.map(({ id, state }) => [id, state]))
}

/** @throws StatementFailed (duplicate) where one of them exists */
export async function insertOrders(tx: Queryable, decided: readonly Decided[]): Promise<void> {
  if (decided.length === 0) return
  const now = new Date()
  const orders = decided.map(({ order, state, reason }) => [
    order.orderId,
    order.userId,
    state,
    order.totalFen,
    order.address === undefined ? null : JSON.stringify(order.address),
    order.remark ?? null,
    reason ?? null,
    new Date(order.createdAt),
    new Date(order.expiresAt),
    now,
  ])
  await tx.write(
    sql`INSERT INTO orders (id, user_id, state, total_fen, address, remark, reason,
          created_at, expires_at, updated_at) VALUES ${rowsOf(orders)}`,
  )
  const items = decided.flatMap(({ order }) =>
    order.items.map((item) => [
      order.orderId,
      item.skuId,
      item.productId,
      item.title,
      item.skuTitle,
      item.image ?? null,
      item.priceFen,
      item.quantity,
    ]),
  )
  await tx.write(
    sql`INSERT INTO order_items (order_id, sku_id, product_id, title, sku_title, image,
          price_fen, quantity) VALUES ${rowsOf(items)}`,
  )
}

/**
 * Compare and set of an order's state.
 * @returns false where the order is not in `from`: then nothing was changed
 */
export async function moveState(
  tx: Queryable,
  orderId: string,
  from: OrderState,
  to: OrderState,
  reason: string | null,
): Promise<boolean> {
  const { rowsAffected } = await tx.write(
    sql`UPDATE orders SET state = ${to}, reason = ${reason}, updated_at = ${new Date()}
        WHERE id = ${orderId} AND state = ${from}`,
  )
  return rowsAffected === 1
}

export type StoredOrder = { userId: string; view: OrderView }

/** @returns the order whoever it belongs to, or undefined */
export async function readOrder(db: Queryable, orderId: string): Promise<StoredOrder | undefined> {
  const [row] = await db.query<OrderRow>(sql`SELECT ${COLUMNS} FROM orders WHERE id = ${orderId}`)
  if (row === undefined) return undefined
  const [view] = await withItems(db, [row])
  return view === undefined ? undefined : { userId: row.user_id, view }
}

export type OrderPage = {
  userId: string
  status?: OrderState | undefined
  /** Only orders older than this one. */
  before?: string | undefined
  limit: number
}

/** @returns a user's orders, the newest first */
export async function readOrders(db: Queryable, page: OrderPage): Promise<OrderView[]> {
  const conditions = [sql`user_id = ${page.userId}`]
  if (page.status !== undefined) conditions.push(sql`state = ${page.status}`)
  if (page.before !== undefined) conditions.push(sql`id < ${page.before}`)
  const rows = await db.query<OrderRow>(
    sql`SELECT ${COLUMNS} FROM orders WHERE ${all(conditions)} ORDER BY id DESC LIMIT ${page.limit}`,
  )
  return withItems(db, rows)
}

/** @returns unpaid orders that should have been closed by `before`, the oldest first */
export async function readOverdue(db: Queryable, before: Date, limit: number): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    sql`SELECT id FROM orders WHERE state = 'unpaid' AND expires_at < ${before}
        ORDER BY expires_at LIMIT ${limit}`,
  )
  return rows.map(({ id }) => id)
}

async function withItems(db: Queryable, rows: readonly OrderRow[]): Promise<OrderView[]> {
  if (rows.length === 0) return []
  const items = await db.query<ItemRow>(
    sql`SELECT order_id, sku_id, product_id, title, sku_title, image, price_fen, quantity
        FROM order_items WHERE order_id IN (${listOf(rows.map(({ id }) => id))})`,
  )
  const byOrder = Map.groupBy(items, ({ order_id }) => order_id)
  return rows.map((row) => ({
    orderId: row.id,
    status: row.state,
    totalFen: fen(row.total_fen),
    items: (byOrder.get(row.id) ?? []).map(toItem),
    ...(row.address === null ? {} : { address: row.address }),
    ...(row.remark === null ? {} : { remark: row.remark }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  }))
}

function toItem(row: ItemRow): OrderItem {
  return {
    skuId: row.sku_id,
    productId: row.product_id,
    title: row.title,
    skuTitle: row.sku_title,
    ...(row.image === null ? {} : { image: row.image }),
    priceFen: fen(row.price_fen),
    quantity: row.quantity,
  }
}
