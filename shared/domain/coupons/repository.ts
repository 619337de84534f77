import type { Queryable } from '../../platform/database/database.ts'
import { all, join, listOf, rowsOf, type Sql, sql } from '../../platform/database/sql.ts'
import { fen } from '../../platform/database/values.ts'
import { NO_NOTE } from '../../platform/idempotency/attempt.ts'
import type { Coupon, CouponRules, CouponTerms } from './coupon.ts'
import type { ClaimState, CouponChange, NewCoupon } from './schemas.ts'

type RulesRow = {
  id: string
  name: string
  kind: CouponTerms['kind']
  amount_fen: string | null
  percent_off: number | null
  max_discount_fen: string | null
  threshold_fen: string
  valid_from: Date
  valid_until: Date
}
type CouponRow = RulesRow & {
  total: number | null
  per_user: number
  claimed: number
  withdrawn_at: Date | null
}

const RULES = sql`c.id, c.name, c.kind, c.amount_fen, c.percent_off, c.max_discount_fen,
  c.threshold_fen, c.valid_from, c.valid_until`
const COLUMNS = sql`${RULES}, c.total, c.per_user, c.claimed, c.withdrawn_at`

function toTerms(row: RulesRow): CouponTerms {
  if (row.kind === 'amount') return { kind: 'amount', amountFen: fen(row.amount_fen ?? '0') }
  return {
    kind: 'percent',
    percentOff: row.percent_off ?? 0,
    ...(row.max_discount_fen === null ? {} : { maxDiscountFen: fen(row.max_discount_fen) }),
  }
}

function toRules(row: RulesRow): CouponRules {
  return {
    id: row.id,
    name: row.name,
    ...toTerms(row),
    thresholdFen: fen(row.threshold_fen),
    validFrom: row.valid_from.toISOString(),
    validUntil: row.valid_until.toISOString(),
  }
}

function toCoupon(row: CouponRow): Coupon {
  return {
    ...toRules(row),
    ...(row.total === null ? {} : { total: row.total }),
    perUser: row.per_user,
    claimed: row.claimed,
    withdrawn: row.withdrawn_at !== null,
  }
}

/** @returns the coupon, withdrawn or expired as it may be, or undefined */
export async function readCoupon(db: Queryable, id: string): Promise<Coupon | undefined> {
  const [row] = await db.query<CouponRow>(sql`SELECT ${COLUMNS} FROM coupons c WHERE c.id = ${id}`)
  return row && toCoupon(row)
}

/** @returns the rules of the coupons that exist, by id */
export async function readRules(
  db: Queryable,
  ids: readonly string[],
): Promise<Map<string, CouponRules>> {
  const rows = await db.query<RulesRow>(
    sql`SELECT ${RULES} FROM coupons c WHERE c.id IN (${listOf(ids)})`,
  )
  return new Map(rows.map((row) => [row.id, toRules(row)]))
}

/** @returns coupons whatever has become of them, the newest first */
export async function readCoupons(
  db: Queryable,
  { before, limit }: { before?: string | undefined; limit: number },
): Promise<Coupon[]> {
  const after = before === undefined ? sql`` : sql`WHERE c.id < ${before}`
  const rows = await db.query<CouponRow>(
    sql`SELECT ${COLUMNS} FROM coupons c ${after} ORDER BY c.id DESC LIMIT ${limit}`,
  )
  return rows.map(toCoupon)
}

/** Writes a new coupon. @returns its id */
export async function insertCoupon(
  db: Queryable,
  coupon: NewCoupon,
  createdBy: string,
): Promise<string> {
  const now = new Date()
  const { name, kind, thresholdFen, validFrom, validUntil, total, perUser } = coupon
  const amountFen = coupon.kind === 'amount' ? coupon.amountFen : null
  const percentOff = coupon.kind === 'percent' ? coupon.percentOff : null
  const maxDiscountFen = coupon.kind === 'percent' ? (coupon.maxDiscountFen ?? null) : null
  const { insertId } = await db.write(
    sql`INSERT INTO coupons (name, kind, amount_fen, percent_off, max_discount_fen, threshold_fen,
          valid_from, valid_until, total, per_user, created_by, created_at, updated_at)
        VALUES (${name}, ${kind}, ${amountFen}, ${percentOff}, ${maxDiscountFen}, ${thresholdFen},
          ${validFrom === undefined ? now : new Date(validFrom)}, ${new Date(validUntil)},
          ${total ?? null}, ${perUser}, ${createdBy}, ${now}, ${now})`,
    [createdBy],
  )
  return insertId
}

/** Like {@link readCoupon}, and locks the row, so that changes come one after the other. */
export async function lockCoupon(tx: Queryable, id: string): Promise<Coupon | undefined> {
  const [row] = await tx.query<CouponRow>(
    sql`SELECT ${COLUMNS} FROM coupons c WHERE c.id = ${id} FOR UPDATE`,
  )
  return row && toCoupon(row)
}

/** Writes the fields of a coupon that are named. */
export async function updateCoupon(
  tx: Queryable,
  id: string,
  change: CouponChange,
  changedBy: string,
): Promise<void> {
  const now = new Date()
  const columns = [sql`updated_at = ${now}`]
  if (change.name !== undefined) columns.push(sql`name = ${change.name}`)
  if (change.validUntil !== undefined) {
    columns.push(sql`valid_until = ${new Date(change.validUntil)}`)
  }
  if (change.total !== undefined) columns.push(sql`total = ${change.total}`)
  if (change.withdrawn !== undefined) {
    columns.push(sql`withdrawn_at = ${change.withdrawn ? now : null}`)
  }
  await tx.write(sql`UPDATE coupons SET ${join(columns)} WHERE id = ${id}`, [changedBy])
}

/** A coupon, and how often one user has claimed it and used a claim; `version` of the row of that. */
export type Offer = Coupon & { mine: { claimed: number; used: number; version: string } }

type OfferRow = CouponRow & {
  mine_claimed: number | null
  mine_used: number | null
  mine_version: string | null
}

const offersTo = (userId: string): Sql => sql`
  SELECT ${COLUMNS}, u.claimed AS mine_claimed, u.used AS mine_used,
    u.version AS mine_version
  FROM coupons c LEFT JOIN user_coupons u ON u.coupon_id = c.id AND u.user_id = ${userId}`

const toOffer = (row: OfferRow): Offer => ({
  ...toCoupon(row),
  mine: {
    claimed: row.mine_claimed ?? 0,
    used: row.mine_used ?? 0,
    version: row.mine_version ?? '0',
  },
})

/** @returns the coupon as it stands to a user, or undefined where there is none */
export async function readOffer(
  db: Queryable,
  userId: string,
  couponId: string,
): Promise<Offer | undefined> {
  const [row] = await db.query<OfferRow>(sql`${offersTo(userId)} WHERE c.id = ${couponId}`)
  return row && toOffer(row)
}

export type OfferPage = {
  userId: string
  /** The moment by which coupons are over or not. */
  at: Date
  /** Only coupons with a lower id. */
  before?: string | undefined
  limit: number
}

/** @returns coupons that are neither over, withdrawn nor all claimed, the newest first */
export async function readOffers(db: Queryable, page: OfferPage): Promise<Offer[]> {
  return readOfferPage(db, page, [
    sql`c.withdrawn_at IS NULL`,
    sql`c.valid_until > ${page.at}`,
    sql`(c.total IS NULL OR c.claimed < c.total)`,
  ])
}

/** @returns coupons that the user has claimed, the newest first: all of them, or those in one state */
export async function readClaimed(
  db: Queryable,
  page: OfferPage & { state?: ClaimState | undefined },
): Promise<Offer[]> {
  const conditions = [sql`u.claimed > 0`]
  if (page.state === 'used') conditions.push(sql`u.used = u.claimed`)
  if (page.state === 'usable')
    conditions.push(sql`u.used < u.claimed`, sql`c.valid_until > ${page.at}`)
  if (page.state === 'expired')
    conditions.push(sql`u.used < u.claimed`, sql`c.valid_until <= ${page.at}`)
  return readOfferPage(db, page, conditions)
}

async function readOfferPage(
  db: Queryable,
  { userId, before, limit }: OfferPage,
  conditions: Sql[],
): Promise<Offer[]> {
  const wanted = before === undefined ? conditions : [...conditions, sql`c.id < ${before}`]
  const rows = await db.query<OfferRow>(
    sql`${offersTo(userId)} WHERE ${all(wanted)} ORDER BY c.id DESC LIMIT ${limit}`,
  )
  return rows.map(toOffer)
}

/**
 * Makes the row in which {@link addClaim} counts, so that this finds a row to lock: inserting under its
 * guard would lock gaps, and gaps deadlock.
 */
export async function openClaims(db: Queryable, userId: string, couponId: string): Promise<void> {
  await db.write(
    sql`INSERT IGNORE INTO user_coupons (user_id, coupon_id) VALUES (${userId}, ${couponId})`,
  )
}

/**
 * Claims a coupon once more: one statement, so that the lock on the coupon, for which all claims queue,
 * is held for no round trip. Its tables are locked in the order in which they stand: a claim that waits
 * for an order of the same user does not hold the coupon meanwhile.
 * @param note of the request's key, in the same statement
 * @returns false where the coupon has none left, the user has as many as one may, or it is over
 */
export async function addClaim(
  db: Queryable,
  userId: string,
  couponId: string,
  at: Date,
  { tables, set, where } = NO_NOTE,
): Promise<boolean> {
  const { rowsAffected } = await db.write(
    sql`UPDATE ${tables}user_coupons u JOIN coupons c ON c.id = u.coupon_id
        SET u.claimed = u.claimed + 1, u.version = u.version + 1, c.claimed = c.claimed + 1${set}
        WHERE u.user_id = ${userId} AND u.coupon_id = ${couponId} AND u.claimed < c.per_user
          AND (c.total IS NULL OR c.claimed < c.total)
          AND c.withdrawn_at IS NULL AND c.valid_until > ${at}${where}`,
    [userId],
  )
  return rowsAffected > 0
}

/** One user's claims of one coupon. */
export type ClaimKey = { userId: string; couponId: string }
/** `left`: how many of the claims no order uses. `version` rises with each change. */
export type ClaimRow = ClaimKey & { left: number; version: string }

type ClaimColumns = {
  user_id: string
  coupon_id: string
  claimed: number
  used: number
  version: string
}

/**
 * A condition on the rows of these keys. Not `(user_id, coupon_id) IN (…)`: with one pair an UPDATE
 * would go through the whole table, and lock it.
 */
const among = (keys: readonly ClaimKey[]): Sql => {
  const rows = keys.map(
    ({ userId, couponId }) => sql`(user_id = ${userId} AND coupon_id = ${couponId})`,
  )
  return sql`(${join(rows, ' OR ')})`
}

const claimsOf = (keys: readonly ClaimKey[]): Sql => sql`
  SELECT user_id, coupon_id, claimed, used, version FROM user_coupons
  WHERE ${among(keys)} ORDER BY user_id, coupon_id`

const toClaimRow = ({ user_id, coupon_id, claimed, used, version }: ClaimColumns): ClaimRow => ({
  userId: user_id,
  couponId: coupon_id,
  left: claimed - used,
  version,
})

/** @returns the claims of these users and coupons; where there is none, no row */
export async function readClaims(db: Queryable, keys: readonly ClaimKey[]): Promise<ClaimRow[]> {
  if (keys.length === 0) return []
  return (await db.query<ClaimColumns>(claimsOf(keys))).map(toClaimRow)
}

/**
 * Like {@link readClaims}, and locks the rows, in the order of their keys so that two can't deadlock.
 * Claims are locked after SKUs, and a claim locks its own row, then its coupon's.
 */
export async function lockClaims(tx: Queryable, keys: readonly ClaimKey[]): Promise<ClaimRow[]> {
  if (keys.length === 0) return []
  return (await tx.query<ClaimColumns>(sql`${claimsOf(keys)} FOR UPDATE`)).map(toClaimRow)
}

/**
 * Uses claims for orders; a key that is there twice twice. One statement for all that are used equally
 * often, which is once, but for coupons that a user may have several of.
 * @returns false where too few are left: then roll back, others were changed
 */
export async function useClaims(tx: Queryable, keys: readonly ClaimKey[]): Promise<boolean> {
  const perClaim = [
    ...Map.groupBy(keys, ({ userId, couponId }) => `${userId} ${couponId}`).values(),
  ]
  for (const [times, same] of Map.groupBy(perClaim, ({ length }) => length)) {
    const wanted = same.flatMap(([key]) => (key === undefined ? [] : [key]))
    const { rowsAffected } = await tx.write(
      sql`UPDATE user_coupons FORCE INDEX (PRIMARY)
          SET used = used + ${times}, version = version + 1
          WHERE ${among(wanted)} AND used + ${times} <= claimed`,
    )
    if (rowsAffected !== same.length) return false
  }
  return true
}

/** Gives one claim back. @returns false where none is used: then nothing was changed */
export async function returnClaim(
  tx: Queryable,
  userId: string,
  couponId: string,
): Promise<boolean> {
  const { rowsAffected } = await tx.write(
    sql`UPDATE user_coupons SET used = used - 1, version = version + 1
        WHERE user_id = ${userId} AND coupon_id = ${couponId} AND used > 0`,
  )
  return rowsAffected === 1
}

export type CouponUse = ClaimKey & { orderId: string; discountFen: number }

/**
 * Writes down which orders use which claims, in the transaction that uses them.
 * @throws StatementFailed (duplicate) where an order's use stands there already
 */
export async function writeUse(tx: Queryable, uses: readonly CouponUse[]): Promise<void> {
  if (uses.length === 0) return
  const now = new Date()
  const values = uses.map(({ orderId, userId, couponId, discountFen }) => [
    orderId,
    userId,
    couponId,
    discountFen,
    'used',
    now,
    now,
  ])
  await tx.write(
    sql`INSERT INTO coupon_uses (order_id, user_id, coupon_id, discount_fen, state, created_at,
          updated_at) VALUES ${rowsOf(values)}`,
  )
}

/**
 * Marks an order's use as given back: of many callers, one. Whoever gets an answer calls
 * {@link returnClaim} with it, in the same transaction, with the claim locked before.
 * @returns undefined where the order uses no coupon, or has given it back already
 */
export async function returnUse(tx: Queryable, orderId: string): Promise<ClaimKey | undefined> {
  // Read without a lock first: an UPDATE that finds no row would lock the gap that new orders fill.
  const [use] = await tx.query<{ user_id: string; coupon_id: string }>(
    sql`SELECT user_id, coupon_id FROM coupon_uses WHERE order_id = ${orderId}`,
  )
  if (use === undefined) return undefined
  const { rowsAffected } = await tx.write(
    sql`UPDATE coupon_uses SET state = 'returned', updated_at = ${new Date()}
        WHERE order_id = ${orderId} AND state = 'used'`,
  )
  return rowsAffected === 1 ? { userId: use.user_id, couponId: use.coupon_id } : undefined
}
