import { encodeTime } from 'ulid'
import type { Queryable } from '../../platform/database/database.ts'
import { all, join, listOf, rowsOf, type Sql, sql } from '../../platform/database/sql.ts'
import { fen } from '../../platform/database/values.ts'
import type { DeliveryAddress } from '../addresses/schemas.ts'
import type { OrderState } from './machine.ts'
import {
  type AcceptedOrder,
  type AdminOrder,
  itemsFenOf,
  type OrderItem,
  type OrderView,
} from './order.ts'

/** What became of an accepted order when the database got it. */
export type Decided = { order: AcceptedOrder; state: 'unpaid' | 'failed'; reason?: string }

/** An order as the database has it. */
export type OrderRow = {
  id: string
  user_id: string
  state: OrderState
  items_fen: string
  discount_fen: string
  total_fen: string
  coupon_id: string | null
  address: DeliveryAddress | null
  remark: string | null
  reason: string | null
  created_at: Date
  expires_at: Date
  paid_at: Date | null
  carrier: string | null
  tracking_no: string | null
  shipped_at: Date | null
}

/** An item of an order, likewise. */
export type ItemRow = {
  order_id: string
  sku_id: string
  product_id: string
  title: string
  sku_title: string
  image: string | null
  price_fen: string
  quantity: number
}

const COLUMNS = sql`id, user_id, state, items_fen, discount_fen, total_fen, coupon_id, address, remark,
  reason, created_at, expires_at, paid_at, carrier, tracking_no, shipped_at`

/** Characters of a ULID that are its time. */
const TIME_LENGTH = 10
/** Sorts after every ULID. */
const AFTER_ALL = 'Z'

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
    itemsFenOf(order.items),
    order.discountFen ?? 0,
    order.totalFen,
    order.couponId ?? null,
    order.address === undefined ? null : JSON.stringify(order.address),
    order.remark ?? null,
    reason ?? null,
    new Date(order.createdAt),
    new Date(order.expiresAt),
    now,
    order.key?.hash ?? null,
    order.key?.body ?? null,
  ])
  await tx.write(
    sql`INSERT INTO orders (id, user_id, state, items_fen, discount_fen, total_fen, coupon_id,
          address, remark, reason, created_at, expires_at, updated_at, key_hash, body_hash)
        VALUES ${rowsOf(orders)}`,
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

export type LockedOrder = {
  orderId: string
  userId: string
  state: OrderState
  totalFen: number
}

/** Locks an order's row until the transaction ends. @returns undefined where there is no such order */
export async function lockOrder(tx: Queryable, orderId: string): Promise<LockedOrder | undefined> {
  const [row] = await tx.query<{ user_id: string; state: OrderState; total_fen: string }>(
    sql`SELECT user_id, state, total_fen FROM orders WHERE id = ${orderId} FOR UPDATE`,
  )
  if (row === undefined) return undefined
  return { orderId, userId: row.user_id, state: row.state, totalFen: fen(row.total_fen) }
}

/** What a step may set beside the state. */
export type StepColumns = {
  paidAt?: Date
  shipment?: { carrier: string; trackingNo: string; shippedAt: Date }
}

/** Why a step is taken, and whose own reads are to show it. */
export type StepNote = { reason: string | undefined; owners: readonly string[] }

/**
 * Compare and set of an order's state.
 * @returns false where the order is not in `from`: then nothing was changed
 */
export async function setState(
  tx: Queryable,
  orderId: string,
  from: OrderState,
  to: OrderState,
  { reason, owners, paidAt, shipment }: StepNote & StepColumns,
): Promise<boolean> {
  const columns = [
    sql`state = ${to}`,
    sql`reason = ${reason ?? null}`,
    sql`updated_at = ${new Date()}`,
  ]
  if (paidAt !== undefined) columns.push(sql`paid_at = ${paidAt}`)
  if (shipment !== undefined) {
    const { carrier, trackingNo, shippedAt } = shipment
    columns.push(sql`carrier = ${carrier}, tracking_no = ${trackingNo}, shipped_at = ${shippedAt}`)
  }
  const { rowsAffected } = await tx.write(
    // By an index of states it would lock the gap into which the stock job writes new orders.
    sql`UPDATE orders FORCE INDEX (PRIMARY) SET ${join(columns)}
        WHERE id = ${orderId} AND state = ${from}`,
    owners,
  )
  return rowsAffected === 1
}

/** @returns the order whoever it belongs to, or undefined */
export async function readOrder(db: Queryable, orderId: string): Promise<AdminOrder | undefined> {
  const rows = await db.query<OrderRow>(sql`SELECT ${COLUMNS} FROM orders WHERE id = ${orderId}`)
  return (await withItems(db, rows))[0]
}

/** Takes the remark away where it is still this one. */
export async function clearRemark(db: Queryable, orderId: string, remark: string): Promise<void> {
  await db.write(
    sql`UPDATE orders SET remark = NULL, updated_at = ${new Date()}
        WHERE id = ${orderId} AND remark = ${remark}`,
  )
}

export type OrderPage = {
  /** Only this user's; left out: everybody's. */
  userId?: string | undefined
  status?: OrderState | undefined
  /** Only orders older than this one. */
  before?: string | undefined
  limit: number
}

/**
 * The index that a list goes along. By itself MariaDB may take its first columns alone and read all the
 * orders before the page too (200,000 of them where the page is the ten-thousandth), or go back along
 * all orders for the few in a rare state.
 */
function indexFor({ userId, status }: OrderPage): Sql {
  if (userId === undefined) {
    return status === undefined ? sql`` : sql`FORCE INDEX (orders_state)`
  }
  return status === undefined
    ? sql`FORCE INDEX (orders_user)`
    : sql`FORCE INDEX (orders_user_state)`
}

/** @returns orders, the newest first */
export async function readOrders(db: Queryable, page: OrderPage): Promise<AdminOrder[]> {
  const conditions = [sql`id < ${page.before ?? AFTER_ALL}`]
  if (page.userId !== undefined) conditions.push(sql`user_id = ${page.userId}`)
  if (page.status !== undefined) conditions.push(sql`state = ${page.status}`)
  const rows = await db.query<OrderRow>(
    sql`SELECT ${COLUMNS} FROM orders ${indexFor(page)}
        WHERE ${all(conditions)} ORDER BY id DESC LIMIT ${page.limit}`,
  )
  return withItems(db, rows)
}

/** Where a page of overdue orders ended. */
export type Overdue = { orderId: string; expiresAt: Date }

/**
 * @param after only orders that come after this one
 * @returns unpaid orders that should have been closed by `before`, the oldest first
 */
export async function readOverdue(
  db: Queryable,
  before: Date,
  limit: number,
  after?: Overdue,
): Promise<Overdue[]> {
  const conditions = [sql`state = 'unpaid'`, sql`expires_at < ${before}`]
  if (after !== undefined) {
    const { orderId, expiresAt } = after
    conditions.push(
      sql`expires_at >= ${expiresAt}`,
      sql`(expires_at > ${expiresAt} OR id > ${orderId})`,
    )
  }
  const rows = await db.query<{ id: string; expires_at: Date }>(
    sql`SELECT id, expires_at FROM orders WHERE ${all(conditions)} ORDER BY expires_at, id LIMIT ${limit}`,
  )
  return rows.map(({ id, expires_at }) => ({ orderId: id, expiresAt: expires_at }))
}

/** @returns orders placed since a time that were cancelled, after an id, in the order of their ids */
export async function readClosedSince(
  db: Queryable,
  since: Date,
  after: string | undefined,
  limit: number,
): Promise<AdminOrder[]> {
  // Ids begin with the time, so the index of states serves.
  const first = after ?? encodeTime(since.getTime(), TIME_LENGTH)
  const rows = await db.query<OrderRow>(
    sql`SELECT ${COLUMNS} FROM orders FORCE INDEX (orders_state)
        WHERE state = 'cancelled' AND id > ${first} ORDER BY id LIMIT ${limit}`,
  )
  return withItems(db, rows)
}

/** @returns orders on their way since before `before`, the oldest first */
export async function readLongShipped(
  db: Queryable,
  before: Date,
  limit: number,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    sql`SELECT id FROM orders WHERE state = 'shipped' AND shipped_at < ${before}
        ORDER BY shipped_at LIMIT ${limit}`,
  )
  return rows.map(({ id }) => id)
}

async function withItems(db: Queryable, rows: readonly OrderRow[]): Promise<AdminOrder[]> {
  if (rows.length === 0) return []
  const items = await db.query<ItemRow>(
    sql`SELECT order_id, sku_id, product_id, title, sku_title, image, price_fen, quantity
        FROM order_items WHERE order_id IN (${listOf(rows.map(({ id }) => id))})`,
  )
  const byOrder = Map.groupBy(items, ({ order_id }) => order_id)
  return rows.map((row) => ({
    userId: row.user_id,
    ...toView(row, (byOrder.get(row.id) ?? []).map(toItem)),
  }))
}

function toView(row: OrderRow, items: OrderItem[]): OrderView {
  const { carrier, tracking_no: trackingNo, shipped_at: shippedAt } = row
  return {
    orderId: row.id,
    status: row.state,
    itemsFen: fen(row.items_fen),
    discountFen: fen(row.discount_fen),
    totalFen: fen(row.total_fen),
    ...(row.coupon_id === null ? {} : { couponId: row.coupon_id }),
    items,
    ...(row.address === null ? {} : { address: row.address }),
    ...(row.remark === null ? {} : { remark: row.remark }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    ...(row.paid_at === null ? {} : { paidAt: row.paid_at.toISOString() }),
    ...(carrier === null || trackingNo === null || shippedAt === null
      ? {}
      : { shipment: { carrier, trackingNo, shippedAt: shippedAt.toISOString() } }),
  }
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
