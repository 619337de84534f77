import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Coupon,
  type CouponRules,
  discountOf,
  refusalOf,
} from '../../../shared/domain/coupons/coupon.ts'

const FROM = '2026-11-01T00:00:00.000Z'
const UNTIL = '2026-12-01T00:00:00.000Z'
const DURING = new Date('2026-11-24T12:00:00Z')
const base = { id: '1', name: 'x', thresholdFen: 0, validFrom: FROM, validUntil: UNTIL }
const amount = (amountFen: number, thresholdFen = amountFen + 1): CouponRules => ({
  ...base,
  kind: 'amount',
  amountFen,
  thresholdFen,
})
const percent = (percentOff: number, over: Partial<CouponRules> = {}): CouponRules =>
  ({ ...base, kind: 'percent', percentOff, ...over }) as CouponRules
const off = (coupon: CouponRules, itemsFen: number, at = DURING) => {
  const discount = discountOf(coupon, itemsFen, at)
  return 'discountFen' in discount ? discount.discountFen : discount.refused
}

const upTo = (max: number) => fc.integer({ min: 0, max })
/** Small amounts too, where rounding shows. */
const fen = fc.oneof(upTo(300), upTo(30_000), upTo(100_000_000_00))
/** Any coupon that the tables can hold, sensible or not. */
const coupon: fc.Arbitrary<CouponRules> = fc.oneof(
  fc.record({ amountFen: fen, thresholdFen: fen }).map((terms): CouponRules => {
    return { ...base, kind: 'amount', ...terms }
  }),
  fc
    .record(
      { percentOff: fc.integer({ min: 1, max: 99 }), thresholdFen: fen, maxDiscountFen: fen },
      { requiredKeys: ['percentOff', 'thresholdFen'] },
    )
    .map((terms): CouponRules => ({ ...base, kind: 'percent', ...terms })),
)

describe('discountOf', () => {
  it.each([
    ['a fixed amount', amount(1000, 9900), 9900, 1000],
    ['a fixed amount, 1 fen too early', amount(1000, 9900), 9899, 'below threshold'],
    ['a share', percent(10), 9900, 990],
    ['a share, rounded down', percent(10), 1999, 199],
    ['a share up to its cap', percent(10, { maxDiscountFen: 2000 }), 30_000, 2000],
    ['a share of less than a fen', percent(10), 9, 'below threshold'],
    ['an amount beyond the order', amount(1000, 0), 500, 499],
    ['an order of 1 fen', amount(1, 0), 1, 'below threshold'],
    ['an order of nothing', percent(99), 0, 'below threshold'],
  ])('takes off %s', (_, rules, itemsFen, expected) => {
    expect(off(rules, itemsFen)).toBe(expected)
  })

  it('holds from its first moment to just before its last', () => {
    const at = (time: string, plus = 0) => new Date(Date.parse(time) + plus)
    expect(off(amount(1), 100, at(FROM, -1))).toBe('not yet valid')
    expect(off(amount(1), 100, at(FROM))).toBe(1)
    expect(off(amount(1), 100, at(UNTIL, -1))).toBe(1)
    expect(off(amount(1), 100, at(UNTIL))).toBe('expired')
  })

  it('takes off whole fen, at least one, within its terms, and leaves at least one to pay', () => {
    fc.assert(
      fc.property(coupon, fen, (rules, itemsFen) => {
        const discount = discountOf(rules, itemsFen, DURING)
        if ('refused' in discount) return
        const { discountFen } = discount
        expect(Number.isSafeInteger(discountFen)).toBe(true)
        expect(discountFen).toBeGreaterThanOrEqual(1)
        expect(itemsFen - discountFen).toBeGreaterThanOrEqual(1)
        expect(itemsFen).toBeGreaterThanOrEqual(rules.thresholdFen)
        if (rules.kind === 'amount') expect(discountFen).toBeLessThanOrEqual(rules.amountFen)
        else {
          expect(discountFen * 100).toBeLessThanOrEqual(itemsFen * rules.percentOff)
          expect(discountFen).toBeLessThanOrEqual(rules.maxDiscountFen ?? itemsFen)
        }
      }),
    )
  })

  it('never takes off less from an order that costs more', () => {
    fc.assert(
      fc.property(coupon, fen, fen, (rules, a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)]
        const [small, large] = [discountOf(rules, less, DURING), discountOf(rules, more, DURING)]
        if ('refused' in small) return
        if ('refused' in large) throw new Error('refused where less was enough')
        expect(large.discountFen).toBeGreaterThanOrEqual(small.discountFen)
      }),
    )
  })
})

describe('refusalOf', () => {
  const coupon: Coupon = { ...amount(100), total: 10, perUser: 2, claimed: 9, withdrawn: false }
  it.each([
    ['a claim', coupon, 1, undefined],
    ['a claim before its first moment', { ...coupon, validFrom: UNTIL }, 0, undefined],
    ['any number', { ...amount(100), perUser: 2, claimed: 999, withdrawn: false }, 0, undefined],
    ['one too many', coupon, 2, 'limit reached'],
    ['what is gone', { ...coupon, claimed: 10 }, 0, 'sold out'],
    ['what is gone, and had', { ...coupon, claimed: 10 }, 2, 'limit reached'],
    ['what is over', { ...coupon, validUntil: DURING.toISOString() }, 0, 'expired'],
    ['what is withdrawn', { ...coupon, withdrawn: true }, 0, 'withdrawn'],
  ])('of %s', (_, of, claimed, expected) => {
    expect(refusalOf(of, claimed, DURING)).toBe(expected)
  })
})
