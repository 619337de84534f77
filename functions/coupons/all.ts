// GET /api/admin/coupons: all coupons, whatever has become of them.
import type { Coupons } from '../../shared/domain/coupons/coupons.ts'
import { coupons } from '../../shared/domain/coupons/index.ts'
import { CouponView, ListCoupons } from '../../shared/domain/coupons/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { listOf } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Coupons, 'list'>) =>
  route(
    {
      method: 'GET',
      path: '/api/admin/coupons',
      summary: 'All coupons, the newest first',
      auth: 'admin',
      limit: limits.admin,
      query: ListCoupons,
      replies: { 200: listOf(CouponView) },
    },
    ({ query, user }) => service.list(user.id, query),
  )

export const handler = build(coupons())
