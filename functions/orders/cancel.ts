// POST /api/orders/{id}/cancel: closes an order that is not paid and gives its stock back.
import { WrongState } from '../../shared/domain/orders/errors.ts'
import { orders } from '../../shared/domain/orders/index.ts'
import { OrderDetail } from '../../shared/domain/orders/order.ts'
import type { Orders } from '../../shared/domain/orders/orders.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { ByUlid } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Orders, 'cancel'>) =>
  route(
    {
      method: 'POST',
      path: '/api/orders/{id}/cancel',
      summary: 'Cancels an order that is not paid',
      auth: 'user',
      params: ByUlid,
      replies: { 200: OrderDetail },
      errors: [NotFound, WrongState],
    },
    ({ params, user }) => service.cancel(user.id, params.id),
  )

export const handler = build(orders())
