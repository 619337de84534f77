import type { Database, Queryable } from '../database/database.ts'
import { isDuplicate } from '../database/errors.ts'
import { type Sql, sql } from '../database/sql.ts'
import { KeyInProgress, KeyReused } from '../errors/standard.ts'
import { describeError, log } from '../telemetry/log.ts'
import { outOfTime } from '../telemetry/scope.ts'
import type { KeyedRequest, Keys } from './answer-once.ts'
import type { Attempt } from './attempt.ts'

/** For how long a key is known after its last attempt, in seconds. */
const KEPT_SECONDS = 86_400
const SWEEP_BATCH = 1_000

/** The database's clock: those of containers differ. */
const NOW = sql`UTC_TIMESTAMP(3)`
const at = ({ userId, slot }: KeyedRequest): Sql => sql`user_id = ${userId} AND slot = ${slot}`
const lease = (millis: number): Sql => sql`${NOW} + INTERVAL ${millis * 1000} MICROSECOND`
const EXPIRY = sql`${NOW} + INTERVAL ${KEPT_SECONDS} SECOND`

type Row = {
  request: string
  fence: string
  effect: string | null
  answer: string | null
  /** Seconds since the attempt began, and until its lease ends; below 0 where it has ended. */
  age: string
  seconds_left: string | null
  expired: number
}

/** The keys in the primary database: as true, and as available, as the effects that they belong to. */
export function createKeys(database: Database) {
  /** @returns false where the key is known */
  async function open({ userId, slot, request }: KeyedRequest, fence: string, millis: number) {
    try {
      await database.write(
        sql`INSERT INTO idempotency_keys (user_id, slot, request, fence, leased_until, expires_at)
            VALUES (${userId}, ${slot}, ${request}, ${fence}, ${lease(millis)}, ${EXPIRY})`,
      )
      return true
    } catch (error) {
      if (isDuplicate(error)) return false
      throw error
    }
  }

  async function read(keyed: KeyedRequest): Promise<Row | undefined> {
    const [row] = await database.query<Row>(
      sql`SELECT request, fence, effect, answer, expires_at <= ${NOW} AS expired,
            ${KEPT_SECONDS} - TIMESTAMPDIFF(SECOND, ${NOW}, expires_at) AS age,
            CEIL(TIMESTAMPDIFF(MICROSECOND, ${NOW}, leased_until) / 1000000) AS seconds_left
          FROM idempotency_keys WHERE ${at(keyed)}`,
    )
    return row
  }

  /**
   * Takes an attempt over that has died, or was let go. The row lock makes it wait for a commit that is
   * under way; after it nobody else can note an effect.
   * @returns the new fence; undefined where somebody else was first
   */
  async function takeOver(keyed: KeyedRequest, { fence, expired }: Row, millis: number) {
    const next = String(BigInt(fence) + 1n)
    const fresh = Number(expired) === 1 ? sql`, effect = NULL, answer = NULL` : sql``
    const open = Number(expired) === 1 ? sql`` : sql` AND answer IS NULL`
    const { rowsAffected } = await database.write(
      sql`UPDATE idempotency_keys SET request = ${keyed.request}, fence = ${next},
            leased_until = ${lease(millis)}, expires_at = ${EXPIRY}${fresh}
          WHERE ${at(keyed)} AND fence = ${fence}${open}`,
      // The attempt that committed may have died before it said so (database/positions.ts).
      [keyed.userId],
    )
    return rowsAffected === 1 ? next : undefined
  }

  function attempt(keyed: KeyedRequest, fence: string, effect?: string | null): Attempt {
    const mine = sql`${at(keyed)} AND fence = ${fence}`
    const set = async (db: Queryable, change: Sql) =>
      (await db.write(sql`UPDATE idempotency_keys SET ${change} WHERE ${mine}`)).rowsAffected === 1
    return {
      effect: effect ?? undefined,
      note: {
        tables: sql`idempotency_keys k, `,
        set: sql`, k.effect = 'true'`,
        where: sql` AND k.user_id = ${keyed.userId} AND k.slot = ${keyed.slot} AND k.fence = ${fence}`,
      },
      record: async (tx, result) => {
        if (!(await set(tx, sql`effect = ${result}`))) throw new KeyInProgress()
      },
      keep: (answer) => set(database, sql`answer = ${answer}, leased_until = NULL`),
      release: async () => {
        try {
          await set(database, sql`leased_until = NULL`)
        } catch (error) {
          log.warn('an idempotency key stays leased', { error: describeError(error) })
        }
      },
    }
  }

  const keys: Keys & { sweep(): Promise<number> } = {
    async claim(keyed, leaseMillis) {
      // Never a fence that there was: rows are deleted a day after their last attempt.
      const first = String(Date.now())
      for (;;) {
        if (await open(keyed, first, leaseMillis)) return attempt(keyed, first)
        const row = await read(keyed)
        if (row === undefined) continue
        if (Number(row.expired) !== 1) {
          if (row.request !== keyed.request) throw new KeyReused()
          if (row.answer !== null) return { answer: row.answer }
          if (Number(row.seconds_left) > 0) throw inProgress(row)
        }
        const fence = await takeOver(keyed, row, leaseMillis)
        if (fence !== undefined) return attempt(keyed, fence, (await read(keyed))?.effect)
      }
    },

    async answerOf(keyed) {
      const row = await read(keyed)
      if (row?.answer != null) return row.answer
      throw inProgress(row)
    },

    /** Deletes what has expired, until nothing is left or time is up. @returns how many rows */
    async sweep() {
      let deleted = 0
      for (;;) {
        const { rowsAffected } = await database.write(
          sql`DELETE FROM idempotency_keys WHERE expires_at <= ${NOW}
              ORDER BY expires_at LIMIT ${SWEEP_BATCH}`,
        )
        deleted += rowsAffected
        if (rowsAffected < SWEEP_BATCH || outOfTime()) return deleted
      }
    },
  }
  return keys
}

/**
 * Most attempts end within a second. One that goes on for longer may have died: each look waits as long
 * as it has lasted, and none for longer than its lease.
 */
function inProgress(row: Row | undefined): KeyInProgress {
  const wait = Math.min(Number(row?.age ?? 0), Number(row?.seconds_left ?? 0))
  return new KeyInProgress(undefined, { retryAfterSeconds: Math.max(1, wait) })
}

/** Forgets the keys of a user, and with them the answers. */
export async function eraseKeys(db: Queryable, userId: string): Promise<void> {
  await db.write(sql`DELETE FROM idempotency_keys WHERE user_id = ${userId}`)
}
