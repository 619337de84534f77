// POST /api/admin/orders/{id}/refund: grants or refuses a refund; granted, WeChat pays it back.
import { WrongState } from '../../shared/domain/orders/errors.ts'
import type { Fulfilment } from '../../shared/domain/orders/fulfilment.ts'
import { fulfilment } from '../../shared/domain/orders/index.ts'
import { AdminOrderDetail } from '../../shared/domain/orders/order.ts'
import { refunds } from '../../shared/domain/payments/index.ts'
import type { Refunds } from '../../shared/domain/payments/refunds.ts'
import { DecideRefund } from '../../shared/domain/payments/schemas.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { ByUlid } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (all: Pick<Fulfilment, 'detail'>, service: Pick<Refunds, 'decide'>) =>
  route(
    {
      method: 'POST',
      path: '/api/admin/orders/{id}/refund',
      summary: 'Grants a refund, asked for or not, or refuses one; granted, WeChat pays it back',
      auth: 'admin',
      params: ByUlid,
      body: DecideRefund,
      replies: { 200: AdminOrderDetail },
      errors: [NotFound, WrongState],
    },
    async ({ params, body, user }) => {
      await service.decide(user.id, params.id, body)
      return all.detail(params.id)
    },
  )

export const handler = build(fulfilment(), refunds())
