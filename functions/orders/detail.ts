// GET /api/orders/{id}: one order; readable as soon as its 202 is out.
import { limits } from '../../shared/domain/limits.ts'
import type { OrderBook } from '../../shared/domain/orders/book.ts'
import { orderBook } from '../../shared/domain/orders/index.ts'
import { OrderDetail } from '../../shared/domain/orders/order.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { ByUlid } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<OrderBook, 'detail'>) =>
  route(
    {
      method: 'GET',
      path: '/api/orders/{id}',
      summary: 'One order of the user',
      auth: 'user',
      limit: limits.own,
      params: ByUlid,
      replies: { 200: OrderDetail },
      errors: [NotFound],
    },
    ({ params, user }) => service.detail(user.id, params.id),
  )

export const handler = build(orderBook())
