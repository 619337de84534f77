// GET /api/coupons: coupons that can be had, now or soon.
import type { Coupons } from '../../shared/domain/coupons/coupons.ts'
import { coupons } from '../../shared/domain/coupons/index.ts'
import { CouponOffer, ListCoupons } from '../../shared/domain/coupons/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { listOf } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Coupons, 'offered'>) =>
  route(
    {
      method: 'GET',
      path: '/api/coupons',
      summary: 'Coupons that can be had, the newest first',
      auth: 'user',
      limit: limits.own,
      query: ListCoupons,
      replies: { 200: listOf(CouponOffer) },
    },
    ({ user, query }) => service.offered(user.id, query),
  )

export const handler = build(coupons())
