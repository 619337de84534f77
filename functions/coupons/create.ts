// POST /api/admin/coupons: makes a coupon.
import type { Coupons } from '../../shared/domain/coupons/coupons.ts'
import { coupons } from '../../shared/domain/coupons/index.ts'
import { CouponView, NewCoupon } from '../../shared/domain/coupons/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { created } from '../../shared/platform/http/definition.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Coupons, 'create'>) =>
  route(
    {
      method: 'POST',
      path: '/api/admin/coupons',
      summary: 'Makes a coupon',
      auth: 'admin',
      limit: limits.admin,
      body: NewCoupon,
      replies: { 201: CouponView },
    },
    async ({ body, user }) => created(await service.create(body, user.id)),
  )

export const handler = build(coupons())
