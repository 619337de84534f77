// POST /api/orders/{id}/cancel: closes an order that is not paid and gives its stock back.
import { limits } from '../../shared/domain/limits.ts'
import type { Close } from '../../shared/domain/orders/close.ts'
import { WrongState } from '../../shared/domain/orders/errors.ts'
import { orders } from '../../shared/domain/orders/index.ts'
import { OrderDetail } from '../../shared/domain/orders/order.ts'
import type { Orders } from '../../shared/domain/orders/orders.ts'
import { closing } from '../../shared/domain/payments/index.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { ByUlid } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (all: Pick<Orders, 'settled' | 'detail'>, close: Close) =>
  route(
    {
      method: 'POST',
      path: '/api/orders/{id}/cancel',
      summary: 'Cancels an order that is not paid',
      auth: 'user',
      limit: limits.change,
      params: ByUlid,
      replies: { 200: OrderDetail },
      errors: [NotFound, WrongState],
    },
    async ({ params, user }) => {
      const { orderId } = await all.settled(user.id, params.id)
      const actor = { kind: 'user', id: user.id } as const
      await close(orderId, { actor, reason: 'cancelled by the user' })
      return all.detail(user.id, orderId)
    },
  )

export const handler = build(orders(), closing())
