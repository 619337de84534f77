// GET /api/admin/orders/{id}: any order with each step, by whom and under which trace.
import type { Fulfilment } from '../../shared/domain/orders/fulfilment.ts'
import { fulfilment } from '../../shared/domain/orders/index.ts'
import { AdminOrderDetail } from '../../shared/domain/orders/order.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { ByUlid } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Fulfilment, 'detail'>) =>
  route(
    {
      method: 'GET',
      path: '/api/admin/orders/{id}',
      summary: 'One order with each step: by whom, and under which trace',
      auth: 'admin',
      params: ByUlid,
      replies: { 200: AdminOrderDetail },
      errors: [NotFound],
    },
    ({ params }) => service.detail(params.id),
  )

export const handler = build(fulfilment())
