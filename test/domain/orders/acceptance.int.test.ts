import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { newSkus } from '../../../bench/cases/orders/shop.ts'
import { handler } from '../../../functions/orders/create.ts'
import { createAddresses } from '../../../shared/domain/addresses/addresses.ts'
import { createAddressBook } from '../../../shared/domain/addresses/book.ts'
import { readAddress } from '../../../shared/domain/addresses/repository.ts'
import { coupons } from '../../../shared/domain/coupons/index.ts'
import { insertCoupon, readClaims, readRules } from '../../../shared/domain/coupons/repository.ts'
import { SYSTEM } from '../../../shared/domain/orders/machine.ts'
import { createOrders } from '../../../shared/domain/orders/orders.ts'
import { OutOfStock } from '../../../shared/domain/stock/errors.ts'
import { signAccess } from '../../../shared/platform/auth/access.ts'
import { openSession } from '../../../shared/platform/auth/sessions.ts'
import { readsAt } from '../../../shared/platform/database/reading.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { NotFound, Unavailable } from '../../../shared/platform/errors/standard.ts'
import { send } from '../../../shared/platform/queue/queue.ts'
import { callsOf } from '../../support/calls.ts'
import { contextOf, eventOf } from '../../support/context.ts'
import { orderPath } from '../../support/order-path.ts'

const path = orderPath()
const { redis, database, newSku, persist, close, holds, expectBalance } = path
const book = createAddressBook(redis)
const addresses = createAddresses({ database, reads: readsAt(database), book, intake: path.intake })

/** A container that has prices and rules in memory, as they are after its first request. */
function container() {
  const sku = (skuId: string) => ({
    skuId,
    productId: '1',
    title: 'x',
    skuTitle: 'x',
    priceFen: 1000,
    onSale: true,
  })
  const orders = createOrders({
    database,
    reads: readsAt(database),
    holds,
    queue: { send },
    outbox: path.outbox,
    skus: async (ids) => new Map(ids.map((id) => [id, sku(id)])),
    coupons: async () => rules,
    claims: (keys) => readClaims(database, keys),
    address: (userId, id) => readAddress(database, userId, id),
    loadStock: path.stock.load,
    persist,
    intake: path.intake,
    isAway: async () => false,
    direct: path.direct,
    unpaidMinutes: 15,
  })
  const place = (userId: string, skuId: string, more: object = {}, key = randomUUID()) =>
    orders.place(userId, key, { items: [{ skuId, quantity: 1 }], ...more })
  return { orders, place }
}

let couponId: string
let rules: Awaited<ReturnType<typeof readRules>>
const { place } = container()

async function newUser(): Promise<string> {
  const { insertId } = await database.write(
    sql`INSERT INTO users (openid, created_at, updated_at)
        VALUES (${randomUUID()}, ${new Date()}, ${new Date()})`,
  )
  return insertId
}
const home = (detail: string) => ({
  name: '王小明',
  phone: '+8613800000000',
  province: '江苏省',
  city: '无锡市',
  district: '滨湖区',
  detail,
})
const addressOn = async (orderId: string) => (await holds.find(orderId))?.address?.detail

beforeAll(async () => {
  couponId = await insertCoupon(
    database,
    {
      name: 'acceptance',
      kind: 'amount',
      amountFen: 500,
      thresholdFen: 0,
      validUntil: new Date(Date.now() + 3_600_000).toISOString(),
      perUser: 1,
    } as never,
    '1',
  )
  rules = await readRules(database, [couponId])
  await place(await newUser(), await newSku(1))
})

describe('accepting an order', () => {
  const once = { redis: ['EVALSHA'], statements: [], sqs: ['SendMessageBatch'] }

  it('is one call to Redis and one to SQS', async () => {
    const [userId, sku] = [await newUser(), await newSku(5)]
    expect(await callsOf(() => place(userId, sku))).toEqual(once)
  })

  it('is so in the whole function of a warm container, with what it remembers of token and prices', async () => {
    const [id, address] = [await newUser(), home('整')]
    const { sessionId } = await openSession(id, 'test')
    const token = await signAccess({ id, role: 'user', sessionId })
    const [skuId] = await newSkus(1, 9)
    const { id: addressId } = await addresses.add(id, address)
    const order = () =>
      handler(
        eventOf({
          headers: { authorization: `Bearer ${token}`, 'idempotency-key': randomUUID() },
          body: JSON.stringify({ items: [{ skuId, quantity: 1 }], addressId }),
        }),
        contextOf(),
      )
    expect((await order()).statusCode).toBe(202)
    const calls = await callsOf(async () => expect((await order()).statusCode).toBe(202))
    expect(calls).toEqual(once)
  })

  it('is so with an address too, once Redis has it', async () => {
    const [userId, sku] = [await newUser(), await newSku(5)]
    const { id: addressId } = await addresses.add(userId, home('一号'))
    const first = await callsOf(() => place(userId, sku, { addressId }))
    expect(first.redis).toEqual(['EVALSHA', 'EVALSHA'])
    expect(first.statements).toHaveLength(1)
    expect(await callsOf(() => place(userId, sku, { addressId }))).toEqual(once)
    const { orderId } = await place(userId, sku, { addressId })
    expect(await addressOn(orderId)).toBe('一号')
  })

  it('is so with a coupon that was just claimed', async () => {
    const [userId, sku] = [await newUser(), await newSku(5)]
    await coupons().claim(userId, couponId)
    expect(await callsOf(() => place(userId, sku, { couponId }))).toEqual(once)
  })

  it('refuses for the price of one look into Redis what this container saw sell out', async () => {
    const [userId, sku] = [await newUser(), await newSku(1)]
    const { orderId } = await place(userId, sku)
    const refused = async () => expect(place(userId, sku)).rejects.toThrow(OutOfStock)
    // Held, but not written: it may fail yet, and free the unit.
    expect((await callsOf(refused)).redis).toEqual(['EVALSHA'])
    expect((await callsOf(refused)).redis).toEqual(['EVALSHA'])
    const held = await holds.find(orderId)
    await persist(held === undefined ? [] : [held])
    expect((await callsOf(refused)).redis).toEqual(['EVALSHA'])
    expect(await callsOf(refused)).toEqual({ redis: ['MGET'], statements: [], sqs: [] })
    await close(orderId, { actor: SYSTEM, reason: 'test' })
    expect((await place(userId, sku)).status).toBe('pending')
  })

  it('gives the same answer again though the last unit is gone', async () => {
    const [userId, sku, key] = [await newUser(), await newSku(1), randomUUID()]
    const receipt = await place(userId, sku, {}, key)
    const held = await holds.find(receipt.orderId)
    await persist(held === undefined ? [] : [held])
    await expect(place(userId, sku)).rejects.toThrow(OutOfStock)
    const calls = await callsOf(async () =>
      expect(await place(userId, sku, {}, key)).toEqual(receipt),
    )
    expect(calls.redis).toEqual(['MGET'])
    await expectBalance(sku, { held: 1, available: 0 })
  })
})

describe('the address of an order', () => {
  it('is the newest, whatever changes it while other containers sell', async () => {
    const [userId, sku] = [await newUser(), await newSku(500)]
    const { id: addressId } = await addresses.add(userId, home('0'))
    let acknowledged = 0
    let done = false
    const buy = async () => {
      const { place } = container()
      while (!done) {
        const least = acknowledged
        const { orderId } = await place(userId, sku, { addressId })
        expect(Number(await addressOn(orderId))).toBeGreaterThanOrEqual(least)
      }
    }
    const change = async () => {
      for (let version = 1; version <= 20; version++) {
        await addresses.replace(userId, addressId, home(String(version)))
        acknowledged = version
      }
      done = true
    }
    await Promise.all([change(), buy(), buy(), buy()])
    const { orderId } = await place(userId, sku, { addressId })
    expect(await addressOn(orderId)).toBe('20')
  })

  it('is read from the database while a change is under way, or died', async () => {
    const [userId, sku] = [await newUser(), await newSku(9)]
    const { id: addressId } = await addresses.add(userId, home('before'))
    await place(userId, sku, { addressId })
    const died = Unavailable.because('database', new Error('no answer to COMMIT'))
    await expect(
      book.change(
        userId,
        async () => {
          const during = await callsOf(() => place(userId, sku, { addressId }))
          expect(during.statements).toHaveLength(1)
          throw died
        },
        Promise.reject,
      ),
    ).rejects.toThrow(died)
    await database.write(sql`UPDATE addresses SET detail = 'after' WHERE id = ${addressId}`)
    const { orderId } = await place(userId, sku, { addressId })
    expect(await addressOn(orderId)).toBe('after')
    expect((await callsOf(() => place(userId, sku, { addressId }))).statements).toHaveLength(1)
  })

  it("has to be the user's own", async () => {
    const [userId, other, sku] = [await newUser(), await newUser(), await newSku(9)]
    const { id: addressId } = await addresses.add(userId, home('mine'))
    await place(userId, sku, { addressId })
    await expect(place(other, sku, { addressId })).rejects.toThrow(NotFound)
    await addresses.remove(userId, addressId)
    await expect(place(userId, sku, { addressId })).rejects.toThrow(NotFound)
    await expectBalance(sku, { held: 1, available: 8 })
  })
})
