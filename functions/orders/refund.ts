// POST /api/orders/{id}/refund: the buyer asks for the money back; an admin decides.
import { limits } from '../../shared/domain/limits.ts'
import { WrongState } from '../../shared/domain/orders/errors.ts'
import { orders } from '../../shared/domain/orders/index.ts'
import { OrderDetail } from '../../shared/domain/orders/order.ts'
import type { Orders } from '../../shared/domain/orders/orders.ts'
import { refunds } from '../../shared/domain/payments/index.ts'
import type { Refunds } from '../../shared/domain/payments/refunds.ts'
import { AskRefund } from '../../shared/domain/payments/schemas.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { ByUlid } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (all: Pick<Orders, 'settled' | 'detail'>, service: Pick<Refunds, 'ask'>) =>
  route(
    {
      method: 'POST',
      path: '/api/orders/{id}/refund',
      summary: 'Asks for the money back; an admin decides',
      auth: 'user',
      limit: limits.change,
      params: ByUlid,
      body: AskRefund,
      replies: { 200: OrderDetail },
      errors: [NotFound, WrongState],
    },
    async ({ params, body, user }) => {
      const { orderId } = await all.settled(user.id, params.id)
      await service.ask(user.id, orderId, body?.reason)
      return all.detail(user.id, orderId)
    },
  )

export const handler = build(orders(), refunds())
