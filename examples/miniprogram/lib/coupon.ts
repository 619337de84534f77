import type { Data } from 'minimall-client'
import { localTime, yuan } from './view'

type Offer = Data<'GET /api/coupons'>['items'][number]
type Claimed = Data<'GET /api/user/coupons'>['items'][number]
type Terms = Pick<
  Offer,
  | 'kind'
  | 'amountFen'
  | 'percentOff'
  | 'maxDiscountFen'
  | 'thresholdFen'
  | 'validFrom'
  | 'validUntil'
>

/**
 * What a coupon will take off, in fen; 0 where it can't be used. The shop reckons the same, and what
 * it says on the order counts.
 */
export function discountOf(coupon: Terms, itemsFen: number, now: number): number {
  const { kind, amountFen = 0, percentOff = 0, thresholdFen } = coupon
  const inTime = Date.parse(coupon.validFrom) <= now && now < Date.parse(coupon.validUntil)
  if (!inTime || itemsFen < thresholdFen) return 0
  const share = Math.floor((itemsFen * percentOff) / 100)
  const full = kind === 'amount' ? amountFen : Math.min(share, coupon.maxDiscountFen ?? share)
  return Math.max(0, Math.min(full, itemsFen - 1))
}

export const NO_COUPON = { id: '', name: '不使用优惠券', discountFen: 0 }

/** What to choose from: none, then what can be used, the best first. */
export function couponChoices(claimed: Claimed[], itemsFen: number) {
  const now = Date.now()
  const usable = claimed
    .map((coupon) => ({ ...coupon, discountFen: discountOf(coupon, itemsFen, now) }))
    .filter(({ usable, discountFen }) => usable && discountFen > 0)
    .sort((a, b) => b.discountFen - a.discountFen)
    .map(({ id, name, discountFen }) => ({
      id,
      name: `${name} -${yuan(discountFen)}`,
      discountFen,
    }))
  return [NO_COUPON, ...usable]
}

export const offerOf = ({ id, name, thresholdFen, validUntil, claimable, claimed }: Offer) => ({
  id,
  name,
  terms: thresholdFen > 0 ? `满 ${yuan(thresholdFen)} 可用` : '无门槛',
  until: localTime(validUntil),
  claimable,
  label: claimable ? '领取' : claimed > 0 ? '已领取' : '已领完',
})
