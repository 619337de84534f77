// POST /api/orders/{id}/pay: what wx.requestPayment needs to pay an order.
import { limits } from '../../shared/domain/limits.ts'
import { WrongState } from '../../shared/domain/orders/errors.ts'
import type { Checkout } from '../../shared/domain/payments/checkout.ts'
import { checkout } from '../../shared/domain/payments/index.ts'
import { PayParams } from '../../shared/domain/payments/schemas.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { ByUlid } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Checkout, 'pay'>) =>
  route(
    {
      method: 'POST',
      path: '/api/orders/{id}/pay',
      summary: 'Begins a payment: the arguments of wx.requestPayment',
      auth: 'user',
      limit: limits.pay,
      params: ByUlid,
      replies: { 200: PayParams },
      errors: [NotFound, WrongState],
    },
    ({ params, user }) => service.pay(user.id, params.id),
  )

export const handler = build(checkout())
