import type { Queryable } from '../../platform/database/database.ts'
import { sql } from '../../platform/database/sql.ts'

/** A closed account whose erasure is not over yet. */
export type Erasure = { userId: string; email: string | null; closedAt: Date }

const COLUMNS = sql`user_id AS userId, email, closed_at AS closedAt`

/**
 * Deletes the user and notes the erasure. The id is never given again; the same person is a new user
 * from then on. Where there is no such user (any more), nothing is changed.
 * @param dueAt when the erasure is to be gone through again
 */
export async function closeAccount(tx: Queryable, userId: string, dueAt: Date): Promise<void> {
  const [user] = await tx.query<{ email: string | null }>(
    sql`SELECT email FROM users WHERE id = ${userId} FOR UPDATE`,
  )
  if (user === undefined) return
  await tx.write(
    sql`INSERT INTO account_erasures (user_id, email, closed_at, due_at)
        VALUES (${userId}, ${user.email}, ${new Date()}, ${dueAt})`,
  )
  await tx.write(sql`DELETE FROM users WHERE id = ${userId}`)
}

/** @returns undefined where the account is not closed, or its erasure is over */
export async function readErasure(db: Queryable, userId: string): Promise<Erasure | undefined> {
  const [row] = await db.query<Erasure>(
    sql`SELECT ${COLUMNS} FROM account_erasures WHERE user_id = ${userId}`,
  )
  return row
}

/** @returns erasures whose time has come, the oldest first */
export async function readDue(db: Queryable, now: Date, limit: number): Promise<Erasure[]> {
  return db.query<Erasure>(
    sql`SELECT ${COLUMNS} FROM account_erasures WHERE due_at <= ${now} ORDER BY due_at LIMIT ${limit}`,
  )
}

/** Puts the next run of an erasure off; the e-mail address has served its purpose. */
export async function postpone(db: Queryable, userId: string, dueAt: Date): Promise<void> {
  await db.write(
    sql`UPDATE account_erasures SET email = NULL, due_at = ${dueAt} WHERE user_id = ${userId}`,
  )
}

/** Ends an erasure: from then on nothing is known of the account but its number in the books. */
export async function deleteErasure(db: Queryable, userId: string): Promise<void> {
  await db.write(sql`DELETE FROM account_erasures WHERE user_id = ${userId}`)
}

/** @returns whether a user has this e-mail address */
export async function isInUse(db: Queryable, email: string): Promise<boolean> {
  const rows = await db.query(sql`SELECT id FROM users WHERE email = ${email} LIMIT 1`)
  return rows.length > 0
}
