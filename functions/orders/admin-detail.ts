// GET /api/admin/orders/{id}: any order with each step, by whom and under which trace.
import { limits } from '../../shared/domain/limits.ts'
import { money } from '../../shared/domain/payments/index.ts'
import type { Money } from '../../shared/domain/payments/money.ts'
import { AdminOrderWithMoney } from '../../shared/domain/payments/schemas.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { ByUlid } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Money, 'detail'>) =>
  route(
    {
      method: 'GET',
      path: '/api/admin/orders/{id}',
      summary: 'One order with each step, by whom and under which trace, and its money',
      auth: 'admin',
      limit: limits.admin,
      params: ByUlid,
      replies: { 200: AdminOrderWithMoney },
      errors: [NotFound],
    },
    ({ params }) => service.detail(params.id),
  )

export const handler = build(money())
