// PATCH /api/admin/coupons/{id}: changes a coupon, withdraws it or offers it again.
import type { Coupons } from '../../shared/domain/coupons/coupons.ts'
import { coupons } from '../../shared/domain/coupons/index.ts'
import { CouponChange, CouponView } from '../../shared/domain/coupons/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { ById } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Coupons, 'change'>) =>
  route(
    {
      method: 'PATCH',
      path: '/api/admin/coupons/{id}',
      summary: 'Changes a coupon, withdraws it or offers it again',
      auth: 'admin',
      limit: limits.admin,
      params: ById,
      body: CouponChange,
      replies: { 200: CouponView },
      errors: [NotFound],
    },
    ({ params, body, user }) => service.change(params.id, body, user.id),
  )

export const handler = build(coupons())
