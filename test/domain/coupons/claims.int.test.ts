import { randomInt } from 'node:crypto'
import { ulid } from 'ulid'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import {
  addClaim,
  lockClaims,
  openClaims,
  readClaims,
  readCoupon,
  returnClaim,
  returnUse,
  useClaims,
  writeUse,
} from '../../../shared/domain/coupons/repository.ts'
import { createDatabase, type Database } from '../../../shared/platform/database/database.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { createKeys } from '../../../shared/platform/idempotency/keys.ts'

let database: Database
beforeAll(() => {
  database = createDatabase(inject('endpoints').databaseUrl ?? '')
})

const newUser = () => String(randomInt(1, 2 ** 47))
const now = () => new Date()

async function newCoupon({ total = null as number | null, perUser = 1 } = {}): Promise<string> {
  const { insertId } = await database.write(
    sql`INSERT INTO coupons (name, kind, amount_fen, threshold_fen, valid_from, valid_until, total,
          per_user, created_at, updated_at)
        VALUES ('x', 'amount', 100, 200, '2026-01-01', '2036-01-01', ${total}, ${perUser}, ${now()}, ${now()})`,
  )
  return insertId
}
const add = (userId: string, couponId: string) => addClaim(database, userId, couponId, now())
async function claim(userId: string, couponId: string): Promise<boolean> {
  await openClaims(database, userId, couponId)
  return add(userId, couponId)
}
const leftOf = async (userId: string, couponId: string) =>
  (await readClaims(database, [{ userId, couponId }]))[0]?.left

describe('claims', () => {
  it('of the last one, 200 at once: one gets it', async () => {
    const couponId = await newCoupon({ total: 1 })
    const users = Array.from({ length: 200 }, newUser)
    const claimed = await Promise.all(users.map((userId) => claim(userId, couponId)))
    expect(claimed.filter(Boolean)).toHaveLength(1)
    expect((await readCoupon(database, couponId))?.claimed).toBe(1)
    const winner = users[claimed.indexOf(true)] ?? ''
    expect(await leftOf(winner, couponId)).toBe(1)
  })

  it('notes its key by itself, and does nothing for an attempt that was taken over', async () => {
    const couponId = await newCoupon({ perUser: 3 })
    const userId = newUser()
    await openClaims(database, userId, couponId)
    const begin = async () => {
      const keyed = { userId, slot: 'slot', request: 'request' }
      const claimed = await createKeys(database).claim(keyed, 0)
      if ('answer' in claimed) throw new Error('it is answered')
      return claimed
    }
    const late = await begin()
    const first = await begin()
    expect(await addClaim(database, userId, couponId, now(), late.note)).toBe(false)
    expect(await addClaim(database, userId, couponId, now(), first.note)).toBe(true)
    expect((await begin()).effect).toBe('true')
    expect(await leftOf(userId, couponId)).toBe(1)
  })

  it('of one user, 50 at once: as many as one may', async () => {
    const couponId = await newCoupon({ perUser: 3 })
    const userId = newUser()
    const claimed = await Promise.all(Array.from({ length: 50 }, () => claim(userId, couponId)))
    expect(claimed.filter(Boolean)).toHaveLength(3)
    expect((await readCoupon(database, couponId))?.claimed).toBe(3)
    const [row] = await readClaims(database, [{ userId, couponId }])
    expect(row).toEqual({ userId, couponId, left: 3, version: '3' })
  })

  it('are refused when the coupon is over, withdrawn or not there', async () => {
    const couponId = await newCoupon()
    const userId = newUser()
    expect(await addClaim(database, userId, couponId, new Date('2036-01-01T00:00:00Z'))).toBe(false)
    await database.write(sql`UPDATE coupons SET withdrawn_at = ${now()} WHERE id = ${couponId}`)
    expect(await claim(userId, couponId)).toBe(false)
    expect(await claim(userId, '999999999')).toBe(false)
    expect(await leftOf(userId, couponId)).toBe(0)
  })

  it('that wait for an order of their user hold nobody else up', async () => {
    const couponId = await newCoupon({ perUser: 2 })
    const [busy, other] = [newUser(), newUser()]
    await claim(busy, couponId)
    await openClaims(database, other, couponId)
    let waiting: Promise<boolean> | undefined
    await database.transaction(async (tx) => {
      await lockClaims(tx, [{ userId: busy, couponId }])
      waiting = add(busy, couponId)
      expect(await add(other, couponId)).toBe(true)
      expect(await useClaims(tx, [{ userId: busy, couponId }])).toBe(true)
    })
    expect(await waiting).toBe(true)
    expect(await readClaims(database, [{ userId: busy, couponId }])).toMatchObject([
      { left: 1, version: '3' },
    ])
  })
})

describe('the order path', () => {
  it('uses a claim once, however many orders want it', async () => {
    const couponId = await newCoupon({ perUser: 2 })
    const userId = newUser()
    await claim(userId, couponId)
    await claim(userId, couponId)
    const used = await Promise.all(
      Array.from({ length: 20 }, () =>
        database.transaction(async (tx) => {
          await lockClaims(tx, [{ userId, couponId }])
          return useClaims(tx, [{ userId, couponId }])
        }),
      ),
    )
    expect(used.filter(Boolean)).toHaveLength(2)
    expect(await leftOf(userId, couponId)).toBe(0)
  })

  it('gives a use back once, however often it is asked to', async () => {
    const couponId = await newCoupon({ perUser: 2 })
    const userId = newUser()
    const [orderId, otherId] = [ulid(), ulid()]
    await claim(userId, couponId)
    await claim(userId, couponId)
    for (const id of [orderId, otherId]) {
      expect(await useClaims(database, [{ userId, couponId }])).toBe(true)
      await writeUse(database, [{ orderId: id, userId, couponId, discountFen: 100 }])
    }
    const giveBack = () =>
      database.transaction(async (tx) => {
        await lockClaims(tx, [{ userId, couponId }])
        const use = await returnUse(tx, orderId)
        return use !== undefined && returnClaim(tx, use.userId, use.couponId)
      })
    const returned = await Promise.all(Array.from({ length: 20 }, giveBack))
    expect(returned.filter(Boolean)).toHaveLength(1)
    expect(await leftOf(userId, couponId)).toBe(1)
    expect(await returnUse(database, ulid())).toBeUndefined()
    expect(await returnClaim(database, userId, couponId)).toBe(true)
    expect(await returnClaim(database, userId, couponId)).toBe(false)
    // The use that was given back stays written down: the order can't use a claim again.
    await expect(
      writeUse(database, [{ orderId, userId, couponId, discountFen: 100 }]),
    ).rejects.toThrow()
  })

  it('locks claims of many users in one order, so that batches side by side end', async () => {
    const couponIds = await Promise.all([newCoupon(), newCoupon(), newCoupon()])
    const users = Array.from({ length: 5 }, newUser)
    const keys = users.flatMap((userId) => couponIds.map((couponId) => ({ userId, couponId })))
    await Promise.all(keys.map(({ userId, couponId }) => claim(userId, couponId)))
    const batch = (wanted: typeof keys) =>
      database.transaction(async (tx) => {
        const rows = await lockClaims(tx, wanted)
        for (const { userId, couponId, left } of rows) {
          expect(await useClaims(tx, [{ userId, couponId }])).toBe(left > 0)
        }
        return rows.length
      })
    const batches = Array.from({ length: 10 }, (_, i) =>
      batch(i % 2 === 0 ? keys : keys.toReversed()),
    )
    expect(await Promise.all(batches)).toEqual(batches.map(() => keys.length))
    const after = await readClaims(database, keys)
    expect(after.map(({ left }) => left)).toEqual(keys.map(() => 0))
  })

  it('runs beside claims without a deadlock, and the books balance', async () => {
    const couponId = await newCoupon({ total: 25, perUser: 2 })
    const users = Array.from({ length: 20 }, newUser)
    const keys = users.map((userId) => ({ userId, couponId }))
    // Some of the locks find no row yet, and lock the gap into which claims put one.
    const orders = users.map((_, i) => ({
      orderId: ulid(),
      wanted: [...keys.slice(i), ...keys.slice(0, i)].slice(0, 5),
    }))
    const place = ({ orderId, wanted }: (typeof orders)[number]) =>
      database.transaction(async (tx) => {
        const [row] = (await lockClaims(tx, wanted)).filter(({ left }) => left > 0)
        if (row === undefined || !(await useClaims(tx, [{ userId: row.userId, couponId }]))) return
        await writeUse(tx, [{ ...row, orderId, discountFen: 100 }])
      })
    const cancel = ({ orderId, wanted }: (typeof orders)[number]) =>
      database.transaction(async (tx) => {
        await lockClaims(tx, wanted)
        const use = await returnUse(tx, orderId)
        if (use !== undefined) expect(await returnClaim(tx, use.userId, couponId)).toBe(true)
      })
    const early = await Promise.all(users.slice(0, 10).map((userId) => claim(userId, couponId)))
    const placed = Promise.all(orders.map(place))
    const late = await Promise.all([...users, ...users].map((userId) => claim(userId, couponId)))
    await placed
    await Promise.all(orders.slice(10).map(cancel))

    expect([...early, ...late].filter(Boolean)).toHaveLength(25)
    const [sums] = await database.query<Record<string, string>>(
      sql`SELECT c.claimed, SUM(u.claimed) AS held, SUM(u.used) AS used, MAX(u.claimed) AS most,
            (SELECT COUNT(*) FROM coupon_uses WHERE coupon_id = c.id AND state = 'used') AS written
          FROM coupons c JOIN user_coupons u ON u.coupon_id = c.id WHERE c.id = ${couponId}
          GROUP BY c.id, c.claimed`,
    )
    const { claimed, held, used, most, written } = sums ?? {}
    expect([claimed, held, most].map(Number)).toEqual([25, 25, 2])
    expect(Number(used)).toBe(Number(written))
    expect(Number(used)).toBeGreaterThan(0)
  })
})
