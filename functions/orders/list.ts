// GET /api/orders: the user's orders, the newest first.
import { limits } from '../../shared/domain/limits.ts'
import type { OrderBook } from '../../shared/domain/orders/book.ts'
import { orderBook } from '../../shared/domain/orders/index.ts'
import { OrderView } from '../../shared/domain/orders/order.ts'
import { ListOrders } from '../../shared/domain/orders/schemas.ts'
import { listOf } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<OrderBook, 'list'>) =>
  route(
    {
      method: 'GET',
      path: '/api/orders',
      summary: "The user's orders, the newest first",
      auth: 'user',
      limit: limits.own,
      query: ListOrders,
      replies: { 200: listOf(OrderView) },
    },
    ({ query, user }) => service.list(user.id, query),
  )

export const handler = build(orderBook())
