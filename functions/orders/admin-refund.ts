// POST /api/admin/orders/{id}/refund: grants or refuses a refund; granted, WeChat pays it back.
import { limits } from '../../shared/domain/limits.ts'
import { WrongState } from '../../shared/domain/orders/errors.ts'
import { money, refunds } from '../../shared/domain/payments/index.ts'
import type { Money } from '../../shared/domain/payments/money.ts'
import type { Refunds } from '../../shared/domain/payments/refunds.ts'
import { AdminOrderWithMoney, DecideRefund } from '../../shared/domain/payments/schemas.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { ByUlid } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (all: Pick<Money, 'detail'>, service: Pick<Refunds, 'decide'>) =>
  route(
    {
      method: 'POST',
      path: '/api/admin/orders/{id}/refund',
      summary: 'Grants a refund, asked for or not, or refuses one; granted, WeChat pays it back',
      auth: 'admin',
      limit: limits.admin,
      params: ByUlid,
      body: DecideRefund,
      replies: { 200: AdminOrderWithMoney },
      errors: [NotFound, WrongState],
    },
    async ({ params, body, user }) => {
      await service.decide(user.id, params.id, body)
      return all.detail(params.id)
    },
  )

export const handler = build(money(), refunds())
