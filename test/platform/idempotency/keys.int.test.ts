import { randomInt, randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import {
  createDatabase,
  type Database,
  type Queryable,
} from '../../../shared/platform/database/database.ts'
import { type Sql, sql } from '../../../shared/platform/database/sql.ts'
import { isOutage } from '../../../shared/platform/errors/api-error.ts'
import { KeyInProgress, KeyReused, Unavailable } from '../../../shared/platform/errors/standard.ts'
import { answerOnce, type KeyedRequest } from '../../../shared/platform/idempotency/answer-once.ts'
import type { Attempt } from '../../../shared/platform/idempotency/attempt.ts'
import { effect } from '../../../shared/platform/idempotency/effect.ts'
import { createKeys, eraseKeys } from '../../../shared/platform/idempotency/keys.ts'

const LEASE = 10_000

let database: Database
let keys: ReturnType<typeof createKeys>
beforeAll(() => {
  database = createDatabase(inject('endpoints').databaseUrl ?? '')
  keys = createKeys(database)
})

const newRequest = (): KeyedRequest => ({
  userId: String(randomInt(1, 2 ** 47)),
  slot: randomUUID(),
  request: 'request',
})

/** Begins an attempt. @param leaseMillis 0: another may take over at once */
async function begin(keyed: KeyedRequest, leaseMillis = LEASE): Promise<Attempt> {
  const claimed = await keys.claim(keyed, leaseMillis)
  if ('answer' in claimed) throw new Error('it is answered')
  return claimed
}

/** A line in a user's cart with nothing in it. */
async function newCart(): Promise<KeyedRequest> {
  const keyed = newRequest()
  await database.write(
    sql`INSERT INTO cart_items (user_id, sku_id, quantity, selected, added_at)
        VALUES (${keyed.userId}, 1, 0, 1, '2026-11-24')`,
  )
  return keyed
}

/** Adds a unit to it: an effect that can be counted. */
const add = (db: Queryable, { userId }: KeyedRequest) =>
  db.write(
    sql`UPDATE cart_items SET quantity = quantity + 1 WHERE user_id = ${userId} AND sku_id = 1`,
  )
async function added({ userId }: KeyedRequest): Promise<number> {
  const rows = await database.query<{ quantity: number }>(
    sql`SELECT quantity FROM cart_items WHERE user_id = ${userId}`,
  )
  return rows[0]?.quantity ?? Number.NaN
}

describe('an attempt', () => {
  it('keeps others off while it runs, and its answer for them once it has ended', async () => {
    const keyed = newRequest()
    const attempt = await begin(keyed)
    const early = await keys.claim(keyed, LEASE).catch((error: unknown) => error)
    expect(early).toBeInstanceOf(KeyInProgress)
    expect(early).toMatchObject({ retryAfterSeconds: 1 })
    expect(await attempt.keep('done')).toBe(true)
    expect(await keys.claim(keyed, LEASE)).toEqual({ answer: 'done' })
    const other = { ...keyed, request: 'other' }
    await expect(keys.claim(other, LEASE)).rejects.toBeInstanceOf(KeyReused)
    await begin({ ...keyed, userId: newRequest().userId })
    await begin({ ...keyed, slot: randomUUID() })
  })

  it('that was let go, or whose lease has ended, is taken over, and can do nothing any more', async () => {
    for (const leaseMillis of [LEASE, 0]) {
      const keyed = await newCart()
      const late = await begin(keyed, leaseMillis)
      if (leaseMillis > 0) await late.release()
      const next = await begin(keyed)
      const woken = database.transaction(async (tx) => {
        await add(tx, keyed)
        await late.record(tx, '1')
      })
      await expect(woken).rejects.toBeInstanceOf(KeyInProgress)
      expect(await added(keyed)).toBe(0)
      expect(await late.keep('late')).toBe(false)
      await late.release()
      await expect(keys.claim(keyed, LEASE)).rejects.toBeInstanceOf(KeyInProgress)
      await expect(keys.answerOf(keyed)).rejects.toBeInstanceOf(KeyInProgress)
      expect(await next.keep('next')).toBe(true)
      expect(await keys.answerOf(keyed)).toBe('next')
    }
  })

  it('whose commit is under way is waited for by the one that takes over', async () => {
    const keyed = await newCart()
    const first = await begin(keyed, 0)
    let taking: Promise<Attempt> | undefined
    await database.transaction(async (tx) => {
      await add(tx, keyed)
      await first.record(tx, '"added"')
      taking = begin(keyed)
      // It is at the row's lock; whatever it read before was from before the commit.
      await lockWait(keyed)
    })
    expect((await taking)?.effect).toBe('"added"')
    expect(await added(keyed)).toBe(1)
  })

  it('that looks long waits as long as it has lasted, and no longer than its lease', async () => {
    const keyed = newRequest()
    await begin(keyed, LEASE)
    const waitAfter = async (seconds: number, left: number) => {
      await database.write(
        sql`UPDATE idempotency_keys SET
              expires_at = UTC_TIMESTAMP(3) + INTERVAL ${86_400 - seconds} SECOND,
              leased_until = UTC_TIMESTAMP(3) + INTERVAL ${left} SECOND
            WHERE user_id = ${keyed.userId}`,
      )
      const error = await keys.claim(keyed, LEASE).catch((thrown: unknown) => thrown)
      return (error as KeyInProgress).retryAfterSeconds
    }
    expect(await waitAfter(4, 600)).toBeGreaterThanOrEqual(4)
    expect(await waitAfter(4_000, 600)).toBeGreaterThan(300)
    expect(await waitAfter(4_000, 600)).toBeLessThanOrEqual(600)
  })
})

/** Resolves when somebody waits for the lock on a key. */
async function lockWait({ userId }: KeyedRequest): Promise<void> {
  for (;;) {
    const [row] = await database.query<{ waiting: string }>(
      sql`SELECT COUNT(*) AS waiting FROM information_schema.processlist
          WHERE info LIKE ${`INSERT INTO idempotency_keys%${userId}%`}`,
    )
    if (Number(row?.waiting) > 0) return
  }
}

describe('a key', () => {
  it('is good for a new request once it has expired, and then swept', async () => {
    const keyed = newRequest()
    await (await begin(keyed)).keep('of yesterday')
    const expire = () =>
      database.write(
        sql`UPDATE idempotency_keys SET expires_at = '2026-01-01' WHERE user_id = ${keyed.userId}`,
      )
    await expire()
    const today = { ...keyed, request: 'of today' }
    const attempt = await begin(today)
    expect(attempt.effect).toBeUndefined()
    await attempt.keep('of today')
    expect(await keys.answerOf(today)).toBe('of today')
    const kept = newRequest()
    await (await begin(kept)).keep('kept')
    await expire()
    expect(await keys.sweep()).toBeGreaterThanOrEqual(1)
    await expect(keys.answerOf(today)).rejects.toBeInstanceOf(KeyInProgress)
    expect(await keys.answerOf(kept)).toBe('kept')
    await eraseKeys(database, kept.userId)
    await expect(keys.answerOf(kept)).rejects.toBeInstanceOf(KeyInProgress)
  })

  it('has one effect and one answer while its attempts are cut off at any statement', async () => {
    const all = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const keyed = await newCart()
        const answers = await Promise.all(Array.from({ length: 2 }, () => insist(keyed)))
        expect(await added(keyed)).toBe(1)
        expect(new Set(answers).size).toBe(1)
        return answers[0]
      }),
    )
    expect(new Set(all).size).toBe(5)
  })
})

/** Sends a request until it is answered. Each attempt is cut off somewhere, before or after a statement. */
async function insist(keyed: KeyedRequest): Promise<string> {
  for (;;) {
    const db = failing(randomInt(1, 16))
    try {
      return await answerOnce(createKeys(db), keyed, 0, async () => {
        await effect(db, (tx) => add(tx, keyed))
        return randomUUID()
      })
    } catch (error) {
      if (!isOutage(error) && !(error instanceof KeyInProgress)) throw error
    }
  }
}

/** The database, until a number of steps is done, of which a statement has two. */
function failing(steps: number): Database {
  let left = steps
  const step = () => {
    if (--left <= 0) throw Unavailable.because('database', new Error('gone'))
  }
  const cut = (db: Queryable): Queryable => ({
    query: async <Row>(statement: Sql) => {
      step()
      return db.query<Row>(statement)
    },
    write: async (statement, owners) => {
      step()
      const written = await db.write(statement, owners)
      step()
      return written
    },
  })
  return {
    ...cut(database),
    transaction: async (work) => {
      const result = await database.transaction((tx) => work(cut(tx)))
      // Committed, and the answer is lost.
      step()
      return result
    },
  }
}
