import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { LEASE_MILLIS } from '../../../shared/domain/intake/keys.ts'
import { KeyReused, PurchaseLimit } from '../../../shared/domain/orders/errors.ts'
import { SYSTEM } from '../../../shared/domain/orders/machine.ts'
import { OrderAccepted } from '../../../shared/domain/orders/messages.ts'
import { OutOfStock } from '../../../shared/domain/stock/errors.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { NotFound, Unavailable } from '../../../shared/platform/errors/standard.ts'
import { orderOf } from '../../support/orders.ts'
import { type Shop, type ShopContainer, startShop } from '../../support/without-redis.ts'

let shop: Shop
let one: ShopContainer
let other: ShopContainer
let people = 0
const newUser = () => String(++people)

beforeAll(async () => {
  shop = await startShop('without_redis', 9)
  one = await shop.startContainer()
  other = await shop.startContainer()
})
afterAll(() => shop.stop())
beforeEach(async () => {
  expect(await one.intake.tend()).toBe(true)
})
afterEach(async () => {
  shop.queueTakes(true)
  for (const container of [one, other]) {
    container.faults.clear()
    container.reachesDatabase(true)
  }
  await one.work()
  await shop.timePasses()
})

async function expectBalance(skuId: string, expected: { held: number; available: number }) {
  const view = await one.stock.view(skuId)
  expect(view).toMatchObject(expected)
  expect(view.received).toBe(view.sold + view.held + view.available)
}
const gone = ({ faults }: ShopContainer) => faults.set({ errorRate: 1 })

describe('Redis gone', () => {
  it('orders go to the database at once, with everything that an order is, and come back by themselves', async () => {
    const [sku, buyer] = [await shop.newSku(3), newUser()]
    const before = await one.buy(newUser(), sku, randomUUID())
    await one.work()
    await shop.timePasses()
    gone(one)
    const key = randomUUID()
    const receipt = await one.buy(buyer, sku, key)
    expect(receipt).toMatchObject({ status: 'pending', totalFen: 1 })
    expect(await one.orders.detail(buyer, receipt.orderId)).toMatchObject({ status: 'unpaid' })
    expect((await one.orders.list(buyer, { limit: 9 })).items).toHaveLength(1)
    expect(await one.buy(buyer, sku, key)).toEqual(receipt)
    await expect(one.buy(buyer, sku, key, { remark: 'other' })).rejects.toThrow(KeyReused)
    await one.buy(newUser(), sku, randomUUID())
    await expect(one.buy(newUser(), sku, randomUUID())).rejects.toThrow(OutOfStock)
    expect(await shop.way()).toBe('database')
    one.faults.clear()
    // The counter has heard nothing of it, and is not believed.
    await expect(one.buy(newUser(), sku, randomUUID())).rejects.toThrow(OutOfStock)
    expect(await shop.way()).toBe('redis')
    expect(await one.buy(buyer, sku, key)).toEqual(receipt)
    await one.close(before.orderId, { actor: SYSTEM, reason: 'test' })
    await one.buy(newUser(), sku, randomUUID())
    expect(shop.accepted).toHaveLength(1)
    await expectBalance(sku, { held: 3, available: 0 })
  })

  it('for one container alone makes it wait: Redis is left once nobody can be taking orders there', async () => {
    const sku = await shop.newSku(9)
    await other.buy(newUser(), sku, randomUUID())
    await other.work()
    gone(one)
    await other.intake.renew({ epoch: (await shop.epoch()) ?? '', asked: Date.now() })
    expect(await one.intake.unreachable()).toMatchObject({ way: 'wait' })
    expect(await shop.way()).toBe('redis')
    await shop.timePasses()
    await one.buy(newUser(), sku, randomUUID())
    expect(await shop.way()).toBe('database')
    one.faults.clear()
    expect(await one.intake.tend()).toBe(true)
    await expectBalance(sku, { held: 2, available: 7 })
  })

  it('what Redis had accepted keeps its units: nobody gets them directly before they are written', async () => {
    const sku = await shop.newSku(2)
    const receipts = [newUser(), newUser()].map(async (userId) => ({
      userId,
      ...(await one.buy(userId, sku, randomUUID())),
    }))
    await Promise.all(receipts)
    await shop.leasesEnd()
    gone(other)
    const late = other.buy(newUser(), sku, randomUUID()).catch((error) => error)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await one.work()
    expect(await late).toBeInstanceOf(OutOfStock)
    for (const receipt of receipts) {
      const { userId, orderId } = await receipt
      expect(await one.orders.detail(userId, orderId)).toMatchObject({ status: 'unpaid' })
    }
  })

  it('of an attempt that Redis did, and whose answer got lost, there is one order', async () => {
    const [sku, buyer] = [await shop.newSku(5), newUser()]
    await one.buy(newUser(), sku, randomUUID())
    await one.work()
    await shop.isSure()
    // The lease outlasts what the database knows of it, as where a clock is slow.
    await shop.leasesEnd()
    one.faults.set({ dropAfterCommitRate: 1 })
    const { orderId } = await one.buy(buyer, sku, randomUUID())
    one.faults.clear()
    expect(await one.holds.find(orderId)).toBeDefined()
    expect(await one.intake.tend()).toBe(true)
    await one.relay()
    await one.work()
    expect(await shop.ordersOf(buyer)).toMatchObject([{ id: orderId, state: 'unpaid' }])
    await expectBalance(sku, { held: 2, available: 3 })
  })

  it('a call that comes late takes nothing: Redis has no lease, and an old one is not given', async () => {
    const order = orderOf({ [await shop.newSku(5)]: 1 }, { userId: newUser() })
    const placement = {
      ...{ message: OrderAccepted.of(order), key: randomUUID(), bodyHash: 'h', answer: '{}' },
      ...{ limits: [0], sure: true },
    }
    await shop.timePasses()
    const epoch = (await shop.epoch()) ?? ''
    const late = { epoch, asked: Date.now() - LEASE_MILLIS }
    for (const grant of [undefined, late, { epoch: '0', asked: Date.now() }]) {
      const placed = await one.holds.place({ ...placement, grant })
      expect(placed).toMatchObject({ outcome: 'untrusted', epoch })
    }
    const timely = { epoch, asked: Date.now() }
    expect(await one.holds.place({ ...placement, grant: timely })).toMatchObject({
      outcome: 'unknown',
    })
  })

  it('a statement without an answer is no proof that the database is away, three are', async () => {
    await shop.timePasses()
    await one.intake.unreachable()
    expect(await shop.way()).toBe('database')
    const known = { epoch: (await shop.epoch()) ?? '', asked: Date.now() }
    const failing = (methods: ('query' | 'write')[]) => {
      const fails = async () => {
        throw new Unavailable()
      }
      const over = Object.fromEntries(methods.map((method) => [method, fails]))
      return one.intakeOver({ ...shop.database, ...over })
    }
    expect(await failing(['write', 'query']).untrusted(known)).toMatchObject({ way: 'redis' })
    // Orders are being written directly: Redis must not take any.
    for (const method of ['write', 'query'] as const) {
      await expect(failing([method]).untrusted(known)).rejects.toThrow(Unavailable)
    }
    expect(await shop.way()).toBe('database')
  })

  it('a lease of which the database has not answered is asked for again', async () => {
    await one.buy(newUser(), await shop.newSku(1), randomUUID())
    const known = { epoch: (await shop.epoch()) ?? '', asked: Date.now() }
    const write = async () => {
      throw new Unavailable()
    }
    const next = await one.intakeOver({ ...shop.database, write }).untrusted(known)
    expect([next.way, await shop.way()]).toEqual(['wait', 'redis'])
  })

  it('coming back waits for who is writing an order directly', async () => {
    await shop.timePasses()
    await one.intake.unreachable()
    expect(await shop.way()).toBe('database')
    let back = false
    let returning: Promise<void> | undefined
    await shop.database.transaction(async (tx) => {
      expect(await one.intake.holdDatabaseWay(tx)).toBe(true)
      returning = other.intake.tend().then((fast) => {
        back = fast
      })
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(back).toBe(false)
    })
    await returning
    expect([back, await shop.way()]).toEqual([true, 'redis'])
  })

  it('an order that only Redis has is not denied, one that nobody has is', async () => {
    const [sku, buyer] = [await shop.newSku(5), newUser()]
    const { orderId } = await one.buy(buyer, sku, randomUUID())
    gone(one)
    await expect(one.orders.detail(buyer, orderId)).rejects.toThrow(Unavailable)
    await expect(one.orders.settled(buyer, orderId)).rejects.toThrow(Unavailable)
    one.faults.clear()
    await expect(one.orders.detail(buyer, randomUUID())).rejects.toThrow(NotFound)
  })

  it('addresses can be changed once orders read the database, and the old one is never used again', async () => {
    const [sku, buyer] = [await shop.newSku(5), await shop.newUser()]
    const home = (detail: string) => ({
      ...{
        name: '王',
        phone: '+8613800000000',
        province: '江苏省',
        city: '无锡市',
        district: '滨湖区',
      },
      detail,
    })
    const { id } = await one.addresses.add(buyer, home('old'))
    const detailOf = async (orderId: string) =>
      (await one.orders.detail(buyer, orderId)).address?.detail
    for (const _ of [1, 2]) await one.buy(buyer, sku, randomUUID(), { addressId: id })
    await one.work()
    gone(one)
    await expect(one.addresses.replace(buyer, id, home('new'))).rejects.toThrow(Unavailable)
    await shop.timePasses()
    await one.addresses.replace(buyer, id, home('new'))
    const direct = await one.buy(buyer, sku, randomUUID(), { addressId: id })
    expect(await detailOf(direct.orderId)).toBe('new')
    one.faults.clear()
    const { orderId } = await one.buy(buyer, sku, randomUUID(), { addressId: id })
    expect(await detailOf(orderId)).toBe('new')
  })
})

describe('the database away in the hour after Redis was', () => {
  /** Redis was away, an order was written directly, and Redis is back. */
  async function orderedDirectly(units: number) {
    const [sku, buyer, key] = [await shop.newSku(units), newUser(), randomUUID()]
    await shop.timePasses()
    gone(one)
    const { orderId } = await one.buy(buyer, sku, key)
    one.faults.clear()
    expect(await one.intake.tend()).toBe(true)
    return { sku, buyer, key, orderId }
  }

  it('orders are accepted, and a retry of one that was written directly is another name of it', async () => {
    const { sku, buyer, key, orderId } = await orderedDirectly(4)
    await one.buy(newUser(), sku, randomUUID())
    await one.work()
    one.reachesDatabase(false)
    await one.buy(newUser(), sku, randomUUID())
    const again = await one.buy(buyer, sku, key)
    one.reachesDatabase(true)
    await one.work()
    expect(await shop.ordersOf(buyer)).toMatchObject([{ id: orderId, state: 'unpaid' }])
    expect(await one.orders.detail(buyer, again.orderId)).toMatchObject({ orderId })
    await expectBalance(sku, { held: 3, available: 1 })
  })

  it('what is sold out is not denied to who may have it', async () => {
    const { sku, buyer, key, orderId } = await orderedDirectly(2)
    await one.buy(newUser(), sku, randomUUID())
    one.reachesDatabase(false)
    await expect(one.buy(buyer, sku, key)).rejects.toThrow(Unavailable)
    one.reachesDatabase(true)
    expect(await one.buy(buyer, sku, key)).toMatchObject({ orderId })
    await expect(one.buy(newUser(), sku, randomUUID())).rejects.toThrow(OutOfStock)
  })
})

describe('Redis empty', () => {
  it('flash sales stay closed until counts are right, other orders go on, and keys keep their answers', async () => {
    const [flash, plain, buyer] = [await shop.newSku(9), await shop.newSku(9), newUser()]
    await shop.limit(flash, 2)
    const key = randomUUID()
    const receipt = await one.buy(buyer, flash, key)
    await shop.lose()
    // What it had accepted is still in the queue.
    await shop.timePasses()
    expect(await one.intake.tend()).toBe(false)
    await expect(one.orders.detail(buyer, receipt.orderId)).rejects.toThrow(Unavailable)
    await shop.timePasses()
    const closed = await one.buy(newUser(), flash, randomUUID()).catch((error) => error)
    expect(closed).toMatchObject({ code: 50301, retryAfterSeconds: 5, details: [{ skuId: flash }] })
    await one.buy(newUser(), plain, randomUUID())
    expect(await one.intake.tend()).toBe(false)
    await one.work()
    expect(await one.intake.tend()).toBe(true)
    expect(await one.buy(buyer, flash, key)).toEqual(receipt)
    await expect(one.buy(buyer, flash, key, { remark: 'other' })).rejects.toThrow(KeyReused)
    await one.buy(buyer, flash, randomUUID())
    await expect(one.buy(buyer, flash, randomUUID())).rejects.toThrow(PurchaseLimit)
    await expectBalance(flash, { held: 2, available: 7 })
    await expectBalance(plain, { held: 1, available: 8 })
  })

  it('is brought back by one at a time, however long it waits for who is writing an order directly', async () => {
    await one.buy(newUser(), await shop.newSku(1), randomUUID())
    await one.work()
    await shop.lose()
    await shop.timePasses()
    const found = { asked: Date.now(), epoch: '' }
    expect(await one.intake.untrusted(found)).toMatchObject({ way: 'wait' })
    let back: Promise<unknown> | undefined
    await shop.database.transaction(async (tx) => {
      expect(await one.intake.holdDatabaseWay(tx)).toBe(true)
      back = one.intake.untrusted(found)
      // Longer than orders wait for a way: nobody else begins meanwhile.
      await vi.waitFor(async () => expect(await shop.rebuildingMillis()).toBeGreaterThan(6_000))
    })
    expect(await back).toMatchObject({ way: 'wait' })
    expect(await shop.way()).toBe('redis')
  })

  it('again while it is being rebuilt is noticed', async () => {
    const sku = await shop.newSku(2)
    await shop.limit(sku, 1)
    const buyer = newUser()
    await one.buy(buyer, sku, randomUUID())
    await one.work()
    await shop.lose()
    const rebuilding = [one.intake.tend(), other.intake.tend()]
    await shop.lose()
    await Promise.all(rebuilding)
    await shop.timePasses()
    expect(await one.intake.tend()).toBe(true)
    await expect(one.buy(buyer, sku, randomUUID())).rejects.toThrow(PurchaseLimit)
  })
})

describe('the queue away', () => {
  it('an order that it did not take is not lost with Redis, and written before others take its units', async () => {
    const [sku, buyer] = [await shop.newSku(1), newUser()]
    shop.queueTakes(false)
    const { orderId } = await one.buy(buyer, sku, randomUUID())
    await shop.lose()
    await shop.timePasses()
    await expect(other.buy(newUser(), sku, randomUUID())).rejects.toThrow(Unavailable)
    expect(await shop.ordersOf(buyer)).toEqual([])
    shop.queueTakes(true)
    await one.relayOutbox()
    await one.work()
    expect(await shop.ordersOf(buyer)).toMatchObject([{ id: orderId, state: 'unpaid' }])
    await shop.timePasses()
    expect(await one.intake.tend()).toBe(true)
    await expect(other.buy(newUser(), sku, randomUUID())).rejects.toThrow(OutOfStock)
    await expectBalance(sku, { held: 1, available: 0 })
  })

  it('and the database: an order is accepted, and sent from its hold', async () => {
    const [sku, buyer] = [await shop.newSku(2), newUser()]
    await one.buy(newUser(), sku, randomUUID())
    await one.work()
    await shop.isSure()
    shop.queueTakes(false)
    one.reachesDatabase(false)
    const { orderId } = await one.buy(buyer, sku, randomUUID())
    shop.queueTakes(true)
    one.reachesDatabase(true)
    await one.relayOutbox()
    expect(shop.accepted).toEqual([])
    await one.relay()
    await one.work()
    expect(await shop.ordersOf(buyer)).toMatchObject([{ id: orderId, state: 'unpaid' }])
  })
})

describe('a shop of whose orders none is written yet', () => {
  it('does not take a Redis that has lost them for a new one', async () => {
    const young = await startShop('first_orders', 12)
    try {
      const container = await young.startContainer()
      const sku = await young.newSku(2)
      const receipt = await container.buy(newUser(), sku, randomUUID())
      await young.lose()
      await young.timePasses()
      expect(await container.intake.tend()).toBe(false)
      await container.work()
      expect(await container.intake.tend()).toBe(true)
      expect(await young.database.query(sql`SELECT id, state FROM orders`)).toEqual([
        { id: receipt.orderId, state: 'unpaid' },
      ])
    } finally {
      await young.stop()
    }
  })
})

describe('200 buyers while Redis goes and comes back', () => {
  it('each has one order, none is lost, and the books balance', async () => {
    const sku = await shop.newSku(220)
    const containers = [one, other]
    let bought = 0
    let stopped = false
    const working = (async () => {
      while (!stopped) {
        await one.work()
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    })()
    const buyers = Array.from({ length: 200 }, newUser)
    const acknowledged = new Map<string, string[]>()
    const ways = new Set<string | undefined>()
    const shopFor = async (userId: string, at: number) => {
      const key = `${userId}-key`
      const ids: string[] = []
      acknowledged.set(userId, ids)
      // Everybody asks until he has two answers, from whichever container.
      for (let tries = 0; ids.length < 2; tries++) {
        const container = containers[(at + tries) % 2] as ShopContainer
        try {
          ids.push((await container.buy(userId, sku, key)).orderId)
          bought++
        } catch (error) {
          if (!(error instanceof Unavailable)) throw error
        }
      }
    }
    const waiting = [...buyers.entries()]
    const queue = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        await shopFor(next[1], next[0])
      }
    }
    const drill = async () => {
      while (bought < 80) await new Promise((resolve) => setTimeout(resolve, 5))
      ways.add(await shop.way())
      for (const container of containers) gone(container)
      while (bought < 140) await new Promise((resolve) => setTimeout(resolve, 5))
      one.faults.clear()
      ways.add(await shop.way())
      while (bought < 170) await new Promise((resolve) => setTimeout(resolve, 5))
      other.faults.clear()
    }
    await Promise.all([drill(), ...Array.from({ length: 16 }, queue)])
    stopped = true
    await working
    expect([...ways].toSorted()).toEqual(['database', 'redis'])
    expect(await shop.way()).toBe('redis')
    for (let rounds = 0; rounds < 3; rounds++) {
      await one.relay()
      await one.work()
    }
    await one.reconcile()
    const checked = [...acknowledged].map(async ([userId, ids]) => {
      const rows = await shop.ordersOf(userId)
      expect(rows).toMatchObject([{ state: 'unpaid' }])
      for (const id of ids) {
        if (id === rows[0]?.id) continue
        expect((await one.orders.detail(userId, id)).orderId).toBe(rows[0]?.id)
      }
    })
    await Promise.all(checked)
    await expectBalance(sku, { held: 200, available: 20 })
  })
})
