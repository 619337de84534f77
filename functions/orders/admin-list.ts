// GET /api/admin/orders: everybody's orders, the newest first.
import { limits } from '../../shared/domain/limits.ts'
import type { Fulfilment } from '../../shared/domain/orders/fulfilment.ts'
import { fulfilment } from '../../shared/domain/orders/index.ts'
import { AdminOrder } from '../../shared/domain/orders/order.ts'
import { ListAllOrders } from '../../shared/domain/orders/schemas.ts'
import { listOf } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Fulfilment, 'list'>) =>
  route(
    {
      method: 'GET',
      path: '/api/admin/orders',
      summary: "Everybody's orders, the newest first; those still pending are not among them",
      auth: 'admin',
      limit: limits.admin,
      query: ListAllOrders,
      replies: { 200: listOf(AdminOrder) },
    },
    ({ query, user }) => service.list(user.id, query),
  )

export const handler = build(fulfilment())
