import { ulid } from 'ulid'
import type { AcceptedOrder, OrderView } from '../../shared/domain/orders/order.ts'

/** The buyer where it does not matter who: a number that no user of another test gets. */
export const BUYER = '999999999'

/** An accepted order of units by SKU id, priced at one fen each. */
export function orderOf(
  units: Record<string, number>,
  over: Partial<AcceptedOrder> = {},
): AcceptedOrder {
  const items = Object.entries(units).map(([skuId, quantity]) => ({
    skuId,
    productId: '1',
    title: '测试商品',
    skuTitle: '默认',
    priceFen: 1,
    quantity,
  }))
  const now = Date.now()
  return {
    orderId: ulid(),
    userId: BUYER,
    items,
    totalFen: items.reduce((sum, { quantity }) => sum + quantity, 0),
    createdAt: new Date(now).toISOString(),
    expiresAt: new Date(now + 900_000).toISOString(),
    ...over,
  }
}

/** An order as the database gives it. */
export function viewOf(over: Partial<OrderView> = {}): OrderView {
  const { userId: _, traceId: __, ...order } = orderOf({ '1': 1 })
  return { ...order, status: 'paid', itemsFen: order.totalFen, discountFen: 0, ...over }
}
