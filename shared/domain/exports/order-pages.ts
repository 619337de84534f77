import type { Queryable } from '../../platform/database/database.ts'
import { sql } from '../../platform/database/sql.ts'
import { fen } from '../../platform/database/values.ts'
import { ahead } from '../../platform/files/ahead.ts'
import type { DeliveryAddress } from '../addresses/schemas.ts'
import type { OrderState } from '../orders/machine.ts'
import type { OrderItem } from '../orders/order.ts'
import type { ItemRow, OrderRow } from '../orders/repository.ts'

/** Of an order what a shop needs to ship it and to book it, and nothing else of its buyer. */
export type ExportedOrder = {
  orderId: string
  status: OrderState
  itemsFen: number
  discountFen: number
  totalFen: number
  items: Omit<OrderItem, 'image'>[]
  address: DeliveryAddress | undefined
  remark: string | undefined
  createdAt: Date
  paidAt: Date | undefined
  shipment: { carrier: string; trackingNo: string; shippedAt: Date } | undefined
}

type StoredOrder = Omit<OrderRow, 'user_id' | 'coupon_id' | 'reason' | 'expires_at'>
type StoredItem = Omit<ItemRow, 'image'>

/** Which orders, and how many in a page. */
export type Range = {
  /** Only ids after this one, which may be a ULID's beginning. */
  after: string
  /** Only ids before this one. */
  end: string
  limit: number
}

/**
 * Reads orders in the order of their ids, page by page: each page is two ranges of primary keys,
 * however far in it is. While the items of a page are read, so are the orders of the next.
 */
export async function* orderPages(
  db: Queryable,
  range: Range,
): AsyncGenerator<ExportedOrder[], void> {
  for await (const orders of ahead(orderRows(db, range))) {
    const items = await db.query<StoredItem>(
      sql`SELECT order_id, sku_id, product_id, title, sku_title, price_fen, quantity
          FROM order_items WHERE order_id >= ${orders[0]?.id} AND order_id <= ${orders.at(-1)?.id}
          ORDER BY order_id, sku_id`,
    )
    const byOrder = Map.groupBy(items, ({ order_id }) => order_id)
    yield orders.map((row) => toOrder(row, byOrder.get(row.id) ?? []))
  }
}

async function* orderRows(
  db: Queryable,
  { after, end, limit }: Range,
): AsyncGenerator<StoredOrder[], void> {
  for (let last = after; ; ) {
    const orders = await db.query<StoredOrder>(
      sql`SELECT id, state, items_fen, discount_fen, total_fen, address, remark, created_at, paid_at,
            carrier, tracking_no, shipped_at
          FROM orders WHERE id > ${last} AND id < ${end} ORDER BY id LIMIT ${limit}`,
    )
    if (orders.length > 0) yield orders
    if (orders.length < limit) return
    last = orders.at(-1)?.id ?? last
  }
}

function toOrder(row: StoredOrder, items: readonly StoredItem[]): ExportedOrder {
  const { carrier, tracking_no: trackingNo, shipped_at: shippedAt } = row
  return {
    orderId: row.id,
    status: row.state,
    itemsFen: fen(row.items_fen),
    discountFen: fen(row.discount_fen),
    totalFen: fen(row.total_fen),
    items: items.map((item) => ({
      skuId: item.sku_id,
      productId: item.product_id,
      title: item.title,
      skuTitle: item.sku_title,
      priceFen: fen(item.price_fen),
      quantity: item.quantity,
    })),
    address: row.address ?? undefined,
    remark: row.remark ?? undefined,
    createdAt: row.created_at,
    paidAt: row.paid_at ?? undefined,
    shipment:
      carrier === null || trackingNo === null || shippedAt === null
        ? undefined
        : { carrier, trackingNo, shippedAt },
  }
}
