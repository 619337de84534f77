import type { Cache } from '../../platform/cache/cache.ts'
import type { Database, Queryable } from '../../platform/database/database.ts'
import type { Reads } from '../../platform/database/reading.ts'
import type { FieldProblem } from '../../platform/errors/api-error.ts'
import { NotFound, ValidationFailed } from '../../platform/errors/standard.ts'
import { pageOf } from '../../platform/http/page.ts'
import type { Note } from '../../platform/idempotency/attempt.ts'
import { effect, effectInOneUpdate } from '../../platform/idempotency/effect.ts'
import { describeError, log } from '../../platform/telemetry/log.ts'
import { type Coupon, type CouponRules, refusalOf } from './coupon.ts'
import { CouponGone } from './errors.ts'
import {
  addClaim,
  type ClaimRow,
  insertCoupon,
  lockCoupon,
  type Offer,
  openClaims,
  readClaimed,
  readCoupon,
  readCoupons,
  readOffer,
  readOffers,
  updateCoupon,
} from './repository.ts'
import type {
  CouponChange,
  CouponOffer,
  ListCoupons,
  ListUserCoupons,
  NewCoupon,
  UserCoupon,
} from './schemas.ts'

export type CouponDeps = {
  database: Database
  reads: Reads
  rules: Pick<Cache<CouponRules>, 'invalidate'>
  /** Brings the counter of claims, from which orders take, up to a row. */
  mirrorClaim(row: ClaimRow): Promise<void>
}

/** Coupons as shoppers claim and admins make them. Orders use them through the repository. */
export function createCoupons({ database, reads, rules, mirrorClaim }: CouponDeps) {
  async function offerTo(userId: string, id: string): Promise<Offer> {
    const offer = await readOffer(database, userId, id)
    if (offer === undefined) throw new NotFound()
    return offer
  }

  async function find(id: string): Promise<Coupon> {
    const coupon = await readCoupon(database, id)
    if (coupon === undefined) throw new NotFound()
    return coupon
  }

  return {
    /** @returns a page of the coupons that can be had, the newest first, those to come among them */
    async offered(userId: string, { limit, cursor }: ListCoupons) {
      const at = new Date()
      const page = { userId, at, before: cursor, limit: limit + 1 }
      const rows = await readOffers(await reads.of(userId), page)
      return pageOf(
        rows.map((offer) => toOffer(offer, at)),
        limit,
        byId,
      )
    },

    /**
     * Claims a coupon. A call without a key whose answer got lost may have claimed: repeated, it claims
     * once more where one may, else it says "limit reached", which tells that the user has it.
     * @throws NotFound, CouponGone
     */
    async claim(userId: string, id: string): Promise<UserCoupon> {
      const at = new Date()
      const prepare = async () => {
        const offer = await offerTo(userId, id)
        const refusal = refusalOf(offer, offer.mine.claimed, at)
        if (refusal !== undefined) throw CouponGone.because(refusal)
        await openClaims(database, userId, id)
      }
      const add = (note: Note) => addClaim(database, userId, id, at, note)
      const claimed = await effectInOneUpdate(add, prepare)
      const now = await offerTo(userId, id)
      // What was there a moment ago is not, and that there is more again changes nothing about it.
      if (!claimed) throw CouponGone.because(refusalOf(now, now.mine.claimed, at) ?? 'sold out')
      const { used, version } = now.mine
      const row = { userId, couponId: id, left: now.mine.claimed - used, version }
      // So that the order with it finds its counter. Where this gets lost, that order loads it.
      await mirrorClaim(row).catch((error) => {
        log.warn('a claim is not counted in Redis yet', { error: describeError(error) })
      })
      return toUserCoupon(now, at)
    },

    /** @returns a page of the coupons that a user has claimed, the newest first */
    async ofUser(userId: string, { state, limit, cursor }: ListUserCoupons) {
      const at = new Date()
      const page = { userId, state, at, before: cursor, limit: limit + 1 }
      const rows = await readClaimed(await reads.of(userId), page)
      return pageOf(
        rows.map((offer) => toUserCoupon(offer, at)),
        limit,
        byId,
      )
    },

    /** @returns a page of all coupons, the newest first, as an admin has left them */
    async list(adminId: string, { limit, cursor }: ListCoupons) {
      const db = await reads.of(adminId)
      const rows = await readCoupons(db, { before: cursor, limit: limit + 1 })
      return pageOf(rows, limit, byId)
    },

    async create(coupon: NewCoupon, actorId: string): Promise<Coupon> {
      const insert = (db: Queryable) => insertCoupon(db, coupon, actorId)
      const id = await effect(database, insert, { single: true })
      // Somebody may have asked for it before it was there.
      await rules.invalidate([id])
      return find(id)
    },

    /**
     * Changes, withdraws or offers a coupon again. An earlier `validUntil` ends claims that were made.
     * @throws NotFound, ValidationFailed
     */
    async change(id: string, change: CouponChange, adminId: string): Promise<Coupon> {
      await effect(database, async (tx) => {
        const coupon = await lockCoupon(tx, id)
        if (coupon === undefined) throw new NotFound()
        const problems = problemsOf(coupon, change)
        if (problems.length > 0) throw ValidationFailed.of(problems)
        await updateCoupon(tx, id, change, adminId)
      })
      await rules.invalidate([id])
      return find(id)
    },
  }
}

export type Coupons = ReturnType<typeof createCoupons>

function problemsOf(coupon: Coupon, { total, validUntil }: CouponChange): FieldProblem[] {
  const problems: FieldProblem[] = []
  const amount = (limit: number | null | undefined) => limit ?? Number.POSITIVE_INFINITY
  if (total !== undefined && amount(total) < amount(coupon.total)) {
    problems.push({ field: 'total', message: 'can only be raised' })
  }
  if (validUntil !== undefined && Date.parse(validUntil) <= Date.parse(coupon.validFrom)) {
    problems.push({ field: 'validUntil', message: 'must be later than validFrom' })
  }
  return problems
}

const byId = ({ id }: { id: string }) => id

function toOffer(offer: Offer, at: Date): CouponOffer {
  const { mine, claimed, total, withdrawn: _, ...coupon } = offer
  return {
    ...coupon,
    ...(total === undefined ? {} : { left: total - claimed }),
    claimed: mine.claimed,
    claimable: refusalOf(offer, mine.claimed, at) === undefined,
  }
}

function toUserCoupon(offer: Offer, at: Date): UserCoupon {
  const { mine, claimed: _, total: __, perUser: ___, withdrawn: ____, ...rules } = offer
  const now = at.getTime()
  const valid = Date.parse(rules.validFrom) <= now && now < Date.parse(rules.validUntil)
  return {
    ...rules,
    claimed: mine.claimed,
    used: mine.used,
    usable: valid && mine.used < mine.claimed,
  }
}
