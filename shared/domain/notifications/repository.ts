import type { Queryable } from '../../platform/database/database.ts'
import { type Sql, sql } from '../../platform/database/sql.ts'

/** One thing to tell the buyer of an order, in one way. */
export type NotificationKey = {
  orderId: string
  news: 'paid' | 'shipped' | 'refunded'
  channel: 'subscribe' | 'shipping' | 'mail'
}

export type NoticeRow = { state: string; claim: string; claimedAt: Date }

const at = ({ orderId, news, channel }: NotificationKey): Sql =>
  sql`order_id = ${orderId} AND news = ${news} AND channel = ${channel}`

/** Writes the notice down as being sent by `claim`, where nobody did before. @returns how it stands */
export async function claimNotice(
  db: Queryable,
  key: NotificationKey,
  claim: string,
): Promise<NoticeRow | undefined> {
  await db.write(
    sql`INSERT INTO order_notices (order_id, news, channel, state, claim, claimed_at)
        VALUES (${key.orderId}, ${key.news}, ${key.channel}, 'sending', ${claim}, ${new Date()})
        ON DUPLICATE KEY UPDATE order_id = order_id`,
  )
  const [row] = await db.query<NoticeRow>(
    sql`SELECT state, claim, claimed_at AS claimedAt FROM order_notices WHERE ${at(key)}`,
  )
  return row
}

/** Takes a claim over. @returns false where somebody else was faster */
export async function takeOverNotice(
  db: Queryable,
  key: NotificationKey,
  from: string,
  to: string,
): Promise<boolean> {
  const { rowsAffected } = await db.write(
    sql`UPDATE order_notices SET claim = ${to}, claimed_at = ${new Date()}
        WHERE ${at(key)} AND state = 'sending' AND claim = ${from}`,
  )
  return rowsAffected === 1
}

export async function saveNotice(
  db: Queryable,
  key: NotificationKey,
  claim: string,
  { state, detail }: { state: string; detail?: string | undefined },
): Promise<void> {
  await db.write(
    sql`UPDATE order_notices SET state = ${state}, detail = ${detail ?? null}
        WHERE ${at(key)} AND claim = ${claim}`,
  )
}

/** Gives a claim back: nothing was sent. */
export async function dropNotice(
  db: Queryable,
  key: NotificationKey,
  claim: string,
): Promise<void> {
  await db.write(sql`DELETE FROM order_notices WHERE ${at(key)} AND claim = ${claim}`)
}
