// POST /api/orders/{id}/confirm: the buyer has the parcel; the order is completed.
import { limits } from '../../shared/domain/limits.ts'
import { WrongState } from '../../shared/domain/orders/errors.ts'
import type { Fulfilment } from '../../shared/domain/orders/fulfilment.ts'
import { fulfilment, orders } from '../../shared/domain/orders/index.ts'
import { OrderDetail } from '../../shared/domain/orders/order.ts'
import type { Orders } from '../../shared/domain/orders/orders.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { ByUlid } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (
  all: Pick<Orders, 'settled' | 'detail'>,
  steps: Pick<Fulfilment, 'confirm'>,
) =>
  route(
    {
      method: 'POST',
      path: '/api/orders/{id}/confirm',
      summary: 'Confirms that the parcel has arrived',
      auth: 'user',
      limit: limits.change,
      params: ByUlid,
      replies: { 200: OrderDetail },
      errors: [NotFound, WrongState],
    },
    async ({ params, user }) => {
      const { orderId } = await all.settled(user.id, params.id)
      await steps.confirm(user.id, orderId)
      return all.detail(user.id, orderId)
    },
  )

export const handler = build(orders(), fulfilment())
