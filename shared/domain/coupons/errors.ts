import { ApiError } from '../../platform/errors/api-error.ts'
import type { ClaimRefusal } from './coupon.ts'

/** 409: the coupon can't be used for this order; `details` has the `reason`. */
export class CouponUnusable extends ApiError {
  static override readonly code = 40907
  static override readonly summary = "the coupon can't be used for this order"
}

/** 409: the coupon can't be claimed (again); `details` has the `reason`. */
export class CouponGone extends ApiError {
  static override readonly code = 40908
  static override readonly summary = "the coupon can't be claimed"

  static because(reason: ClaimRefusal): CouponGone {
    return new CouponGone({ reason })
  }
}
