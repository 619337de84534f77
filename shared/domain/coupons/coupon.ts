/** What a coupon takes off: a fixed amount, or a share of the order. */
export type CouponTerms =
  | { kind: 'amount'; amountFen: number }
  | { kind: 'percent'; percentOff: number; maxDiscountFen?: number }

/** What there is to know of a coupon when an order is to use it. None of it changes with its claims. */
export type CouponRules = CouponTerms & {
  id: string
  name: string
  /** The least that an order's items must cost, in fen. */
  thresholdFen: number
  /** ISO 8601 in UTC: the first moment at which it can be used. */
  validFrom: string
  /** ISO 8601 in UTC: the first moment at which it can't be used any more. */
  validUntil: string
}

/** A coupon, and how many of it there are. */
export type Coupon = CouponRules & {
  /** How many can be claimed in all; without it, any number. */
  total?: number
  /** How often one user may claim it. */
  perUser: number
  claimed: number
  /** Nobody claims it any more; what was claimed stays good. */
  withdrawn: boolean
}

export type Discount =
  | { discountFen: number }
  | { refused: 'not yet valid' | 'expired' | 'below threshold' }

/** WeChat Pay takes no order of less than this, in fen. */
const LEAST_PAYMENT_FEN = 1

/**
 * What a coupon takes off an order. A share is rounded down to the whole fen. At least 1 fen stays to
 * be paid, and a coupon is never used up for nothing: below its threshold, or where it would take off
 * less than 1 fen, it is refused.
 * @param itemsFen what the items cost without it, in whole fen
 * @param at the moment at which the order is placed
 */
export function discountOf(coupon: CouponRules, itemsFen: number, at: Date): Discount {
  if (at.getTime() < Date.parse(coupon.validFrom)) return { refused: 'not yet valid' }
  if (at.getTime() >= Date.parse(coupon.validUntil)) return { refused: 'expired' }
  if (itemsFen < coupon.thresholdFen) return { refused: 'below threshold' }
  const discountFen = Math.min(fullDiscountFen(coupon, itemsFen), itemsFen - LEAST_PAYMENT_FEN)
  return discountFen < 1 ? { refused: 'below threshold' } : { discountFen }
}

function fullDiscountFen(coupon: CouponTerms, itemsFen: number): number {
  if (coupon.kind === 'amount') return coupon.amountFen
  const share = Math.floor((itemsFen * coupon.percentOff) / 100)
  return Math.min(share, coupon.maxDiscountFen ?? share)
}

/** Why a coupon can't be claimed. */
export type ClaimRefusal = 'limit reached' | 'sold out' | 'expired' | 'withdrawn'

/**
 * Whether a user can claim a coupon (again); also before its first moment.
 * @param claimed how often the user has
 * @returns why not, or undefined
 */
export function refusalOf(coupon: Coupon, claimed: number, at: Date): ClaimRefusal | undefined {
  // What is a matter of this user comes first: who has claimed all one may is told that, not "sold out".
  if (claimed >= coupon.perUser) return 'limit reached'
  if (coupon.withdrawn) return 'withdrawn'
  if (at.getTime() >= Date.parse(coupon.validUntil)) return 'expired'
  if (coupon.total !== undefined && coupon.claimed >= coupon.total) return 'sold out'
  return undefined
}
