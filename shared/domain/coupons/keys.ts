/** Names in Redis of what concerns claims; the order path's script works on them as on stock. */

/** Hash: `base` and `version` as in the row of claims, `held` = claims in orders that the row has not seen. */
export const claimCounterKey = (userId: string, couponId: string) =>
  `coupon:claims:${userId}:${couponId}`
/** Hash: the holds behind `held`, order id → 1. */
export const claimHoldsKey = (userId: string, couponId: string) =>
  `coupon:holds:${userId}:${couponId}`

/** Seconds after which Redis forgets a user's claims of a coupon; they are loaded again when needed. */
export const CLAIMS_SECONDS = 86_400
