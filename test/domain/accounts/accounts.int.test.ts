import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { accounts } from '../../../shared/domain/accounts/index.ts'
import { addresses } from '../../../shared/domain/addresses/index.ts'
import { auth } from '../../../shared/domain/auth/index.ts'
import { campaigns, slices } from '../../../shared/domain/campaigns/index.ts'
import { cart } from '../../../shared/domain/cart/index.ts'
import { catalog } from '../../../shared/domain/catalog/index.ts'
import { openOrders, orders } from '../../../shared/domain/orders/index.ts'
import { stock } from '../../../shared/domain/stock/index.ts'
import { users } from '../../../shared/domain/users/index.ts'
import { createUsers, type UserDeps } from '../../../shared/domain/users/users.ts'
import { openSession, sessionsOf } from '../../../shared/platform/auth/sessions.ts'
import { type Database, database } from '../../../shared/platform/database/database.ts'
import { StatementFailed } from '../../../shared/platform/database/errors.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { SessionEnded } from '../../../shared/platform/errors/standard.ts'
import { outbox } from '../../../shared/platform/outbox/index.ts'
import { redis } from '../../../shared/platform/redis/client.ts'

afterEach(() => vi.useRealTimers())

/** A person with a word in everything that they tell the shop. */
type Person = { mark: string; openid: string; id: string; email: string; addressId: string }

const addressOf = (mark: string) => ({
  name: `N${mark}`,
  phone: '+0000000000',
  province: '江苏省',
  city: '无锡市',
  district: '滨湖区',
  detail: `D${mark}`,
})

async function newPerson(): Promise<Person> {
  const mark = randomUUID().slice(0, 8)
  const openid = `o${mark}`
  const email = `m${mark}@example.com`
  const { id } = await users().signIn(openid)
  await users().change(id, {
    nickname: `K${mark}`,
    email,
    avatarUrl: `https://example.com/${mark}.png`,
  })
  await database().write(sql`UPDATE users SET phone = ${`P${mark}`} WHERE id = ${id}`)
  const address = await addresses().add(id, addressOf(mark))
  return { mark, openid, id, email, addressId: address.id }
}

async function newSku(units: number): Promise<string> {
  const categoryId = '402'
  const sku = { title: '默认', priceFen: 1, stock: units, attributes: {} }
  const product = await catalog().create(
    {
      title: `商品 ${randomUUID()}`,
      description: '',
      categoryId,
      images: [],
      skus: [sku],
    } as never,
    '1',
  )
  return product.skus[0]?.id ?? ''
}

const place = ({ id, addressId, mark }: Person, skuId: string) =>
  orders().place(id, randomUUID(), {
    items: [{ skuId, quantity: 1 }],
    addressId,
    remark: `R${mark}`,
  })

/** What the stock job does. */
async function persistAll(userId: string): Promise<void> {
  for (const { orderId, status } of await openOrders()(userId)) {
    if (status === 'pending') await orders().settled(userId, orderId)
  }
}

/** Tables of tests that run beside this one come and go. */
function unlessGone(error: unknown): [] {
  if (error instanceof StatementFailed && error.errno === NO_SUCH_TABLE) return []
  throw error
}
const NO_SUCH_TABLE = 1146

/** Everything in the database and in Redis that holds a word, by table or key. */
async function tracesOf(word: string): Promise<string[]> {
  const tables = await database().query<{ name: string }>(
    sql`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()`,
  )
  const found: string[] = []
  for (const { name } of tables) {
    const rows = await database()
      .query({ sql: `SELECT * FROM ${name}`, values: [] } as never)
      .catch(unlessGone)
    if (rows.some((row) => JSON.stringify(row).includes(word))) found.push(name)
  }
  const read = `
    local kind, value = redis.call('TYPE', KEYS[1]).ok, ''
    if kind == 'string' then value = redis.call('GET', KEYS[1])
    elseif kind == 'hash' then value = table.concat(redis.call('HGETALL', KEYS[1]), ' ')
    elseif kind == 'set' then value = table.concat(redis.call('SMEMBERS', KEYS[1]), ' ')
    elseif kind == 'zset' then value = table.concat(redis.call('ZRANGE', KEYS[1], 0, -1), ' ') end
    return value`
  for (const key of await redis().send<string[]>(['KEYS', '*'])) {
    const value = `${key} ${await redis().eval(read, [key])}`
    if (value.includes(word)) found.push(key)
  }
  return found
}

/** The clock of this process goes on; engines have their own. */
const later = (minutes: number) =>
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + minutes * 60_000 })

const erasureOf = async (userId: string) =>
  (
    await database().query<{ email: string | null; due_at: Date }>(
      sql`SELECT email, due_at FROM account_erasures WHERE user_id = ${userId}`,
    )
  )[0]

describe('a closed account', () => {
  it('leaves no word of the person in the database or in Redis, and its orders in the books', async () => {
    const person = await newPerson()
    const sku = await newSku(5)
    await cart().put(person.id, sku, { quantity: 1 })
    await openSession(person.id, `device ${person.mark}`)
    const finished = await place(person, sku)
    await persistAll(person.id)
    await database().write(
      sql`UPDATE orders SET state = 'completed', reason = ${person.mark} WHERE id = ${finished.orderId}`,
    )
    await database().write(
      sql`UPDATE order_history SET actor = 'admin', reason = ${person.mark} WHERE order_id = ${finished.orderId}`,
    )
    await database().write(
      sql`INSERT INTO refunds (order_id, refund_no, cause, state, amount_fen, came_from, reason,
            check_at, created_at, updated_at)
          VALUES (${finished.orderId}, ${finished.orderId}, 'asked', 'done', 1, 'paid', ${person.mark},
            NOW(3), NOW(3), NOW(3))`,
    )
    await database().write(
      sql`INSERT INTO order_notices (order_id, news, channel, state, detail, claim, claimed_at)
          VALUES (${finished.orderId}, 'paid', 'email', 'dropped', ${person.email}, 'x', NOW(3))`,
    )
    await place(person, sku)
    await persistAll(person.id)
    await place(person, sku)
    await campaigns().create(
      { subject: 'x', html: 'x', audience: { emails: [person.email, 'other@example.com'] } },
      '1',
    )
    await users().get(person.id)
    expect(await tracesOf(person.mark)).toEqual(
      expect.arrayContaining([
        'addresses',
        'campaign_recipients',
        'order_history',
        'order_notices',
        'orders',
        'refunds',
        'users',
        `cache:user:${person.id}`,
      ]),
    )

    await accounts().close(person.id)
    expect(await tracesOf(person.mark)).toEqual(['account_erasures'])
    later(3)
    await accounts().sweep()
    expect(await tracesOf(person.mark)).toEqual([])

    const books = await database().query(
      sql`SELECT o.state, o.total_fen, i.quantity FROM orders o JOIN order_items i ON i.order_id = o.id
          WHERE o.user_id = ${person.id} ORDER BY o.id`,
    )
    expect(books).toEqual([
      { state: 'completed', total_fen: '1', quantity: 1 },
      { state: 'cancelled', total_fen: '1', quantity: 1 },
      { state: 'cancelled', total_fen: '1', quantity: 1 },
    ])
    expect(await stock().view(sku)).toMatchObject({ received: 5, held: 0, available: 4 })
  })

  it('gets no mail that waits, and the campaign ends all the same', async () => {
    const person = await newPerson()
    const audience = { emails: [person.email] }
    const { id } = await campaigns().create({ subject: 'x', html: 'x', audience }, '1')
    await accounts().close(person.id)
    await slices().send({ campaignId: id, from: 1, to: 1, attempt: 1 })
    expect(await campaigns().view(id)).toMatchObject({ state: 'done', sent: 0, failed: 1 })
  })

  it("leaves another user's mail alone that goes to the same address", async () => {
    const [person, other] = [await newPerson(), await newPerson()]
    await users().change(other.id, { email: person.email })
    const audience = { emails: [person.email] }
    const { id } = await campaigns().create({ subject: 'x', html: 'x', audience }, '1')
    await accounts().close(person.id)
    expect(await campaigns().view(id)).toMatchObject({ failed: 0 })
    expect(await users().get(other.id)).toMatchObject({ email: person.email })
  })

  it('is not made anew by a refresh that had read the account before', async () => {
    const person = await newPerson()
    let reads = 0
    const slow: Database = {
      ...database(),
      query: async (statement) => {
        const rows = await database().query<never>(statement)
        if (++reads === 1) await accounts().close(person.id)
        return rows
      },
    }
    const cache = { invalidate: async () => {} } as unknown as UserDeps['cache']
    const slowUsers = createUsers({ database: slow, cache, adminOpenids: [], outbox: outbox() })
    await expect(slowUsers.resume(person.id)).rejects.toThrow(SessionEnded)
    const rows = await database().query(sql`SELECT id FROM users WHERE openid = ${person.openid}`)
    expect(rows).toEqual([])
  })

  it('takes no session, no address and no change any more', async () => {
    const person = await newPerson()
    const { refreshToken } = await openSession(person.id, '')
    await accounts().close(person.id)
    await expect(openSession(person.id, '')).rejects.toThrow(SessionEnded)
    await expect(auth().refresh(refreshToken)).rejects.toThrow(SessionEnded)
    await expect(addresses().add(person.id, addressOf('x'))).rejects.toThrow(SessionEnded)
    await expect(users().change(person.id, { nickname: 'x' })).rejects.toThrow(SessionEnded)
  })
})

describe('the sweep', () => {
  it('erases what requests still wrote, and asks for less and less until nothing can come any more', async () => {
    const person = await newPerson()
    const sku = await newSku(5)
    await accounts().close(person.id)
    // An access token is believed for some seconds after its session has ended.
    await cart().put(person.id, sku, { quantity: 1 })
    const { orderId } = await orders().place(person.id, randomUUID(), {
      items: [{ skuId: sku, quantity: 2 }],
      remark: person.mark,
    })
    // Other test files close accounts too: only this one's erasure says anything.
    const first = await erasureOf(person.id)
    await accounts().sweep()
    expect(await erasureOf(person.id)).toEqual(first)
    later(3)
    await accounts().sweep()
    const second = await erasureOf(person.id)
    expect(second).not.toEqual(first)
    expect(await tracesOf(person.mark)).toEqual([])
    expect(await orders().detail(person.id, orderId)).toMatchObject({ status: 'cancelled' })
    expect(await stock().view(sku)).toMatchObject({ held: 0, available: 5 })
    expect(await cart().view(person.id)).toMatchObject({ items: [] })
    await accounts().sweep()
    expect(await erasureOf(person.id)).toEqual(second)

    let runs = 1
    while ((await erasureOf(person.id)) !== undefined && runs < 50) {
      const { due_at: due } = (await erasureOf(person.id)) ?? { due_at: new Date() }
      vi.setSystemTime(due)
      await accounts().sweep()
      runs++
    }
    expect(runs).toBeLessThan(20)
    expect(runs).toBeGreaterThan(10)
  })

  it('keeps the address of what was paid at the last moment until it is delivered', async () => {
    const person = await newPerson()
    const sku = await newSku(5)
    await accounts().close(person.id)
    const { orderId } = await orders().place(person.id, randomUUID(), {
      items: [{ skuId: sku, quantity: 1 }],
      remark: person.mark,
    })
    await persistAll(person.id)
    const setState = (state: string) =>
      database().write(sql`UPDATE orders SET state = ${state} WHERE id = ${orderId}`)
    await setState('paid')
    later(30 * 24 * 60)
    await accounts().sweep()
    expect(await tracesOf(person.mark)).toEqual(['orders'])
    await setState('completed')
    vi.setSystemTime((await erasureOf(person.id))?.due_at ?? 0)
    await accounts().sweep()
    expect(await tracesOf(person.mark)).toEqual([])
    expect(await erasureOf(person.id)).toBeUndefined()
  })

  it('leaves nothing alive of an account that was closed amid everything else', async () => {
    for (let round = 0; round < 4; round++) {
      const person = await newPerson()
      const { id, openid } = person
      const sku = await newSku(50)
      const first = await openSession(id, '')
      const signIn = async () => {
        const user = await users().signIn(openid)
        return { user: user.id, session: await openSession(user.id, '') }
      }
      const pause = () => new Promise((resolve) => setImmediate(resolve))
      const spread = <T>(work: () => Promise<T>, times: number) =>
        Array.from({ length: times }, async (_, index) => {
          for (let i = 0; i < index * 3; i++) await pause()
          return work()
        })
      const all = await Promise.allSettled([
        ...spread(signIn, 4),
        ...spread(() => place(person, sku), 4),
        ...spread(() => auth().refresh(first.refreshToken), 3),
        ...spread(() => addresses().add(id, addressOf(person.mark)), 3),
        ...spread(() => cart().put(id, sku, { quantity: 1 }), 3),
        ...spread(() => users().change(id, { nickname: person.mark }), 2),
        ...spread(() => persistAll(id), 2),
        ...spread(() => accounts().close(id), 2),
      ])
      for (const result of all.slice(-2)) expect(result).toMatchObject({ status: 'fulfilled' })
      later(3)
      await accounts().sweep()
      vi.useRealTimers()

      expect(await sessionsOf(id)).toEqual([])
      await expect(users().get(id)).rejects.toThrow(SessionEnded)
      expect(await openOrders()(id)).toEqual([])
      expect(await stock().view(sku)).toMatchObject({ held: 0, available: 50 })
      // All that is left of the person is the new user that a late sign-in made.
      const left = (await tracesOf(person.mark)).filter((name) => name !== 'users')
      expect(left).toEqual([])
      const rows = await database().query<{ id: string; nickname: string }>(
        sql`SELECT id, nickname FROM users WHERE openid = ${openid}`,
      )
      for (const row of rows) expect(row).toMatchObject({ nickname: '' })
      expect(rows.map((row) => row.id)).not.toContain(id)
    }
  })
})
