// POST /api/admin/orders/{id}/ship: notes the parcel of a paid order and tells the buyer.
import { limits } from '../../shared/domain/limits.ts'
import { WrongState } from '../../shared/domain/orders/errors.ts'
import type { Fulfilment } from '../../shared/domain/orders/fulfilment.ts'
import { fulfilment } from '../../shared/domain/orders/index.ts'
import { AdminOrderDetail } from '../../shared/domain/orders/order.ts'
import { Ship } from '../../shared/domain/orders/schemas.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { ByUlid } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Fulfilment, 'ship'>) =>
  route(
    {
      method: 'POST',
      path: '/api/admin/orders/{id}/ship',
      summary: 'Notes the parcel of a paid order and tells the buyer',
      auth: 'admin',
      limit: limits.admin,
      params: ByUlid,
      body: Ship,
      replies: { 200: AdminOrderDetail },
      errors: [NotFound, WrongState],
    },
    ({ params, body, user }) => service.ship(params.id, body, user.id),
  )

export const handler = build(fulfilment())
