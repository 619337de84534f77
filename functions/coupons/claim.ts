// POST /api/coupons/{id}/claim: claims a coupon.
import type { Coupons } from '../../shared/domain/coupons/coupons.ts'
import { CouponGone } from '../../shared/domain/coupons/errors.ts'
import { coupons } from '../../shared/domain/coupons/index.ts'
import { UserCoupon } from '../../shared/domain/coupons/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { ById } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Coupons, 'claim'>) =>
  route(
    {
      method: 'POST',
      path: '/api/coupons/{id}/claim',
      summary: 'Claims a coupon; "limit reached" means that the user has it already',
      auth: 'user',
      limit: limits.claim,
      params: ById,
      replies: { 200: UserCoupon },
      errors: [NotFound, CouponGone],
    },
    ({ user, params }) => service.claim(user.id, params.id),
  )

export const handler = build(coupons())
