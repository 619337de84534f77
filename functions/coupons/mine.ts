// GET /api/user/coupons: the coupons that the user has claimed.
import type { Coupons } from '../../shared/domain/coupons/coupons.ts'
import { coupons } from '../../shared/domain/coupons/index.ts'
import { ListUserCoupons, UserCoupon } from '../../shared/domain/coupons/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { listOf } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Coupons, 'ofUser'>) =>
  route(
    {
      method: 'GET',
      path: '/api/user/coupons',
      summary: 'The coupons that the user has claimed, the newest first',
      auth: 'user',
      limit: limits.own,
      query: ListUserCoupons,
      replies: { 200: listOf(UserCoupon) },
    },
    ({ user, query }) => service.ofUser(user.id, query),
  )

export const handler = build(coupons())
