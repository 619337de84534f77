import type { Queryable } from '../../platform/database/database.ts'
import { sql } from '../../platform/database/sql.ts'

/** Which way orders are taken: held in Redis first, or written to the database at once. */
export type Way = 'redis' | 'database'

export type IntakeRow = {
  way: Way
  epoch: string
  /** Since the way was changed last, by the database's clock. */
  ageMillis: number
  /** Since Redis was given its last lease, likewise. */
  unseenMillis: number
  /** Whether Redis was ever given one. */
  leased: boolean
}

/** What the row begins with, as the time of the last lease. */
const NEVER = '2000-01-01'

/** @returns the way in which orders are taken now */
export async function readIntake(db: Queryable): Promise<IntakeRow> {
  const [row] = await db.query<{
    way: Way
    epoch: string
    age: string
    unseen: string
    leased: number
  }>(
    sql`SELECT way, epoch, TIMESTAMPDIFF(MICROSECOND, changed_at, UTC_TIMESTAMP(3)) AS age,
          TIMESTAMPDIFF(MICROSECOND, seen_at, UTC_TIMESTAMP(3)) AS unseen,
          seen_at > ${NEVER} AS leased
        FROM order_intake WHERE id = 1`,
  )
  if (row === undefined) throw new Error('order_intake has no row')
  return {
    way: row.way,
    epoch: row.epoch,
    ageMillis: Number(row.age) / 1000,
    unseenMillis: Number(row.unseen) / 1000,
    leased: Number(row.leased) === 1,
  }
}

/**
 * Notes that Redis is about to be given a lease.
 * @returns false where orders don't go that way, or not in this epoch: then it must not be given one
 */
export async function renewIntake(db: Queryable, epoch: string): Promise<boolean> {
  const { rowsAffected } = await db.write(
    sql`UPDATE order_intake SET seen_at = UTC_TIMESTAMP(3)
        WHERE id = 1 AND way = 'redis' AND epoch = ${epoch}`,
  )
  return rowsAffected === 1
}

/**
 * Leaves Redis for the database. @param unseenMillis only where no lease was given for so long
 * @returns whether this call did
 */
export async function leaveRedis(
  db: Queryable,
  epoch: string,
  unseenMillis: number,
): Promise<boolean> {
  const { rowsAffected } = await db.write(
    sql`UPDATE order_intake
        SET way = 'database', epoch = epoch + 1, changed_at = UTC_TIMESTAMP(3)
        WHERE id = 1 AND way = 'redis' AND epoch = ${epoch}
          AND seen_at < UTC_TIMESTAMP(3) - INTERVAL ${unseenMillis * 1000} MICROSECOND`,
  )
  return rowsAffected === 1
}

/** Back to Redis: waits for orders that are being written directly. @returns whether this call did */
export async function returnToRedis(db: Queryable, epoch: string): Promise<boolean> {
  const { rowsAffected } = await db.write(
    sql`UPDATE order_intake
        SET way = 'redis', changed_at = UTC_TIMESTAMP(3), seen_at = UTC_TIMESTAMP(3)
        WHERE id = 1 AND way = 'database' AND epoch = ${epoch}`,
  )
  return rowsAffected === 1
}

/** Keeps the way as it is until the transaction ends. @returns whether that is the database */
export async function holdDatabaseWay(tx: Queryable): Promise<boolean> {
  const [row] = await tx.query<{ way: Way }>(
    sql`SELECT way FROM order_intake WHERE id = 1 LOCK IN SHARE MODE`,
  )
  return row?.way === 'database'
}

/** @returns whether an order was ever written */
export async function hasOrders(db: Queryable): Promise<boolean> {
  const rows = await db.query(sql`SELECT id FROM orders WHERE id > '' ORDER BY id LIMIT 1`)
  return rows.length > 0
}

/** Where a walk through all that was bought of limited SKUs has come to. */
export type Bought = { skuId: string; orderId: string; userId: string; quantity: number }

/** @returns SKUs of which a user may have only so many, after an id, in the order of ids */
export async function readLimitedSkus(
  db: Queryable,
  after: string,
  limit: number,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    sql`SELECT id FROM skus FORCE INDEX (PRIMARY)
        WHERE id > ${after} AND limit_per_user IS NOT NULL ORDER BY id LIMIT ${limit}`,
  )
  return rows.map(({ id }) => id)
}

/** @returns what orders that count took of a SKU, after an order, in the order of their ids */
export async function readBought(
  db: Queryable,
  skuId: string,
  after: string,
  limit: number,
): Promise<(Bought & { counts: boolean })[]> {
  const rows = await db.query<{
    order_id: string
    user_id: string
    quantity: number
    state: string
  }>(
    sql`SELECT i.order_id, o.user_id, i.quantity, o.state
        FROM order_items i STRAIGHT_JOIN orders o ON o.id = i.order_id
        WHERE i.sku_id = ${skuId} AND i.order_id > ${after} ORDER BY i.order_id LIMIT ${limit}`,
  )
  return rows.map(({ order_id, user_id, quantity, state }) => ({
    skuId,
    orderId: order_id,
    userId: user_id,
    quantity,
    counts: state !== 'cancelled' && state !== 'failed',
  }))
}
