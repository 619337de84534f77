// GET /api/orders: the user's orders, the newest first.
import { orders } from '../../shared/domain/orders/index.ts'
import { OrderView } from '../../shared/domain/orders/order.ts'
import type { Orders } from '../../shared/domain/orders/orders.ts'
import { ListOrders } from '../../shared/domain/orders/schemas.ts'
import { listOf } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Orders, 'list'>) =>
  route(
    {
      method: 'GET',
      path: '/api/orders',
      summary: "The user's orders, the newest first",
      auth: 'user',
      query: ListOrders,
      replies: { 200: listOf(OrderView) },
    },
    ({ query, user }) => service.list(user.id, query),
  )

export const handler = build(orders())
