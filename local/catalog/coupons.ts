export type SampleCoupon = {
  name: string
  kind: 'amount' | 'percent'
  amountFen?: number
  percentOff?: number
  maxDiscountFen?: number
  thresholdFen: number
  total?: number
  perUser: number
}

/** Coupons of the sample shop, good for years: one for newcomers, a share, and one that runs out. */
export const COUPONS: SampleCoupon[] = [
  { name: '新人满99减10', kind: 'amount', amountFen: 1000, thresholdFen: 9900, perUser: 1 },
  {
    name: '9折,最多减20元',
    kind: 'percent',
    percentOff: 10,
    maxDiscountFen: 2000,
    thresholdFen: 0,
    perUser: 2,
  },
  {
    name: '限量满199减50',
    kind: 'amount',
    amountFen: 5000,
    thresholdFen: 19_900,
    total: 1000,
    perUser: 1,
  },
]
