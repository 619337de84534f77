import * as z from 'zod/mini'
import { Fen, Id, MAX_FEN, page, Time, text } from '../../platform/http/fields.ts'

const MAX_TOTAL = 100_000_000
const MAX_PER_USER = 999

const Name = text(1, 64)
const PositiveFen = z.int().check(z.gte(1), z.lte(MAX_FEN))
const Total = z.int().check(z.gte(1), z.lte(MAX_TOTAL))
/** Within what DATETIME can hold. */
const Moment = Time.check(z.regex(/^2/, 'must lie in the years 2000 to 2999'))

const newFields = {
  name: Name,
  validFrom: z.optional(Moment),
  validUntil: Moment,
  total: z.optional(Total),
  perUser: z._default(z.int().check(z.gte(1), z.lte(MAX_PER_USER)), 1),
}

/** An amount off needs a dearer threshold, since WeChat Pay takes no order of less than 1 fen. */
const NewAmountCoupon = z
  .strictObject({
    ...newFields,
    kind: z.literal('amount'),
    amountFen: PositiveFen,
    thresholdFen: PositiveFen,
  })
  .check(
    z.refine(({ amountFen, thresholdFen }) => thresholdFen > amountFen, {
      path: ['thresholdFen'],
      error: 'must be more than amountFen',
    }),
  )

/** 10 % off is `percentOff: 10`, which Chinese shops call 9折. */
const NewPercentCoupon = z.strictObject({
  ...newFields,
  kind: z.literal('percent'),
  percentOff: z.int().check(z.gte(1), z.lte(99)),
  maxDiscountFen: z.optional(PositiveFen),
  thresholdFen: z._default(Fen, 0),
})

/** Without `validFrom` it is good at once; without `total` there is any number of it. */
export const NewCoupon = z
  .discriminatedUnion('kind', [NewAmountCoupon, NewPercentCoupon])
  .check(
    z.refine(
      ({ validFrom, validUntil }) =>
        Date.parse(validUntil) > Math.max(Date.now(), validFrom ? Date.parse(validFrom) : 0),
      { path: ['validUntil'], error: 'must be later than validFrom, and than now' },
    ),
  )
export type NewCoupon = z.output<typeof NewCoupon>

/** Any of the fields. `total` can only be raised, null: without end. What was claimed stays good. */
export const CouponChange = z
  .strictObject({
    name: z.optional(Name),
    validUntil: z.optional(Moment),
    total: z.optional(z.nullable(Total)),
    withdrawn: z.optional(z.boolean()),
  })
  .check(z.refine((change) => Object.keys(change).length > 0, 'name at least one field to change'))
export type CouponChange = z.output<typeof CouponChange>

const rules = {
  id: Id,
  name: z.string(),
  kind: z.enum(['amount', 'percent']),
  amountFen: z.optional(Fen),
  percentOff: z.optional(z.int()),
  maxDiscountFen: z.optional(Fen),
  thresholdFen: Fen,
  validFrom: Time,
  validUntil: Time,
}

/** A coupon as admins see it; without `total` there is any number of it. */
export const CouponView = z.object({
  ...rules,
  perUser: z.int(),
  total: z.optional(z.int()),
  claimed: z.int(),
  withdrawn: z.boolean(),
})

/** A coupon that can be had. `claimed`: how often this user has it; `left` only where that is limited. */
export const CouponOffer = z.object({
  ...rules,
  perUser: z.int(),
  left: z.optional(z.int()),
  claimed: z.int(),
  claimable: z.boolean(),
})
export type CouponOffer = z.output<typeof CouponOffer>

/** A coupon that the user has: claimed so many times, of which so many are in orders. */
export const UserCoupon = z.object({
  ...rules,
  claimed: z.int(),
  used: z.int(),
  usable: z.boolean(),
})
export type UserCoupon = z.output<typeof UserCoupon>

const byId = { limit: page.limit, cursor: z.optional(Id) }

export const ListCoupons = z.strictObject(byId)
export type ListCoupons = z.output<typeof ListCoupons>

/** usable: claims are left (it may begin later); used: none is left; expired: some were left. */
export const CLAIM_STATES = ['usable', 'used', 'expired'] as const
export type ClaimState = (typeof CLAIM_STATES)[number]

export const ListUserCoupons = z.strictObject({ state: z.optional(z.enum(CLAIM_STATES)), ...byId })
export type ListUserCoupons = z.output<typeof ListUserCoupons>
