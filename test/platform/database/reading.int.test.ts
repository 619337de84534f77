import { rmSync } from 'node:fs'
import { join } from 'node:path'
import mysql from 'mysql2/promise'
import { ulid } from 'ulid'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { startPlanetscaleBridge } from '../../../local/bridges/planetscale.ts'
import type { Bridge } from '../../../local/bridges/server.ts'
import { startUpstashBridge } from '../../../local/bridges/upstash.ts'
import { startDatabase } from '../../../local/engines/database.ts'
import { startRedis } from '../../../local/engines/redis.ts'
import { FIRST_EPOCH, leaseRedis } from '../../../local/lib/lease.ts'
import { untilReady } from '../../../local/lib/wait.ts'
import { migrate } from '../../../local/stack.ts'
import { createCart } from '../../../shared/domain/cart/cart.ts'
import { createHolds } from '../../../shared/domain/orders/holds.ts'
import { OrderAccepted } from '../../../shared/domain/orders/messages.ts'
import { createOrders, type OrderDeps } from '../../../shared/domain/orders/orders.ts'
import { createPersist } from '../../../shared/domain/orders/persist.ts'
import { createCounters } from '../../../shared/domain/stock/counters.ts'
import { createStock } from '../../../shared/domain/stock/stock.ts'
import { createDatabase, type Queryable } from '../../../shared/platform/database/database.ts'
import { createPositions } from '../../../shared/platform/database/positions.ts'
import { createReads } from '../../../shared/platform/database/reading.ts'
import { type Sql, sql } from '../../../shared/platform/database/sql.ts'
import { readHealth } from '../../../shared/platform/health/health.ts'
import { createOutbox } from '../../../shared/platform/outbox/outbox.ts'
import { RedisClient } from '../../../shared/platform/redis/client.ts'
import { createBreaker } from '../../../shared/platform/resilience/breaker.ts'
import { insertSku } from '../../support/order-path.ts'
import { orderOf } from '../../support/orders.ts'
import { scratchFolder } from '../../support/services.ts'

const BRIDGE = { username: 'minimall', password: 'secret' }
const sku = { skuId: '1', productId: '1', title: 'x', skuTitle: 'x', priceFen: 1, onSale: true }

// Engines of their own: while a replica is held up here, nobody else is to read old data.
let engines: { mysqlReplicaUrl: string; primary: Bridge; replica: Bridge; redis: RedisClient }
const stops: (() => Promise<unknown> | unknown)[] = []

beforeAll(async () => {
  const dir = scratchFolder('reading')
  stops.push(() => rmSync(dir, { recursive: true, force: true }))
  const [databases, server] = await Promise.all([
    startDatabase({ dir: join(dir, 'database') }),
    startRedis({ dir: join(dir, 'redis') }),
  ])
  stops.push(databases.stop, server.stop)
  const primary = await startPlanetscaleBridge({ ...BRIDGE, mysqlUrl: databases.primaryUrl })
  const replica = await startPlanetscaleBridge({ ...BRIDGE, mysqlUrl: databases.replicaUrl })
  const upstash = await startUpstashBridge({ redisUrl: server.url, token: 'secret' })
  stops.push(primary.stop, () => engines.replica.stop(), upstash.stop)
  await migrate(databases.primaryUrl, 'up')
  await leaseRedis(server.url)
  const redis = new RedisClient({ url: upstash.url, token: 'secret' })
  engines = { mysqlReplicaUrl: databases.replicaUrl, primary, replica, redis }
}, 60_000)
afterAll(async () => {
  for (const stop of stops.reverse()) await stop()
})

/** A container with the shop in it, and which database each of its reads went to. */
function startContainer() {
  const { redis } = engines
  const positions = createPositions(redis, 'here', {
    spreadMillis: 100,
    beatMillis: 20,
    awayMillis: 200,
  })
  const asked: string[] = []
  const noted = <Db extends Queryable>(name: string, db: Db): Db => ({
    ...db,
    query: <Row>(statement: Sql) => {
      if (!statement.sql.includes('replication_heartbeat')) asked.push(name)
      return db.query<Row>(statement)
    },
  })
  const database = noted('primary', createDatabase(engines.primary.url, { mark: positions.mark }))
  const rule = { calls: 4, failures: 2, inARow: 2 }
  const breaker = createBreaker({ name: 'replica', rule, openMillis: 200 })
  const replica = noted(
    'replica',
    createDatabase(engines.replica.url, { statementMillis: 300, breaker }),
  )
  const reads = createReads({ primary: database, replica, positions })
  const holds = createHolds(redis, 30, positions.mark)
  const outbox = createOutbox(database, { send: async () => ({ failed: [] }) })
  /** Runs some work. @returns what it returned, and which databases it read from */
  async function from<T>(work: () => Promise<T>): Promise<{ result: T; from: string[] }> {
    asked.length = 0
    const result = await work()
    return { result, from: [...new Set(asked)] }
  }
  return {
    database,
    replica,
    breaker,
    holds,
    from,
    cart: createCart({ database, reads, skus: async () => new Map([['1', sku]]) }),
    orders: createOrders({ database, reads, holds } as unknown as OrderDeps),
    persist: createPersist({ database, holds, outbox }),
    stock: createStock({ database, counters: createCounters(redis) }),
  }
}
type Container = ReturnType<typeof startContainer>

let people = 0
const newUser = () => String(++people)
const quantityIn = async ({ cart }: Container, userId: string) =>
  (await cart.view(userId)).items[0]?.quantity

/** Waits until a container reads a user's cart from the replica. */
const caughtUp = (container: Container, userId: string) =>
  untilReady('the replica', async () => {
    expect((await container.from(() => container.cart.view(userId))).from).toEqual(['replica'])
  })

/** Holds replication up: it is in order, so all that comes after waits for a table that is locked. */
async function holdUp(): Promise<() => Promise<void>> {
  const connection = await mysql.createConnection(engines.mysqlReplicaUrl)
  await connection.query('LOCK TABLES replication_heartbeat READ, cart_items READ, orders READ')
  let held = true
  const letGo = async () => {
    if (held) await connection.end()
    held = false
  }
  onTestFinished(letGo)
  return letGo
}

it("reads a user's own write from the primary until the replica has it, in every container", async () => {
  const [one, other] = [startContainer(), startContainer()]
  const [writer, reader] = [newUser(), newUser()]
  await one.cart.put(writer, '1', { quantity: 1 })
  await caughtUp(one, writer)
  await caughtUp(other, reader)

  const letGo = await holdUp()
  const put = await one.from(() => one.cart.put(writer, '1', { quantity: 2 }))
  expect(put.from).toEqual(['primary'])
  expect(put.result.items).toMatchObject([{ quantity: 2 }])
  for (const container of [one, other]) {
    const own = await container.from(() => quantityIn(container, writer))
    expect(own).toEqual({ result: 2, from: ['primary'] })
    expect((await container.from(() => container.cart.view(reader))).from).toEqual(['replica'])
  }
  // What comes from there is the replica's: it knows of nothing.
  const [old] = await one.replica.query<{ quantity: number }>(
    sql`SELECT quantity FROM cart_items WHERE user_id = ${writer}`,
  )
  expect(old?.quantity).toBe(1)

  await letGo()
  for (const container of [other, one]) {
    await caughtUp(container, writer)
    expect(await container.from(() => quantityIn(container, writer))).toEqual({
      result: 2,
      from: ['replica'],
    })
  }
})

it('finds an order whose hold has just ended, though the replica does not have it', async () => {
  const [shop, job] = [startContainer(), startContainer()]
  const userId = newUser()
  const skuId = await insertSku(job.database, 5)
  await job.stock.load([skuId], FIRST_EPOCH)
  const order = orderOf({ [skuId]: 1 }, { userId, orderId: ulid() })
  await caughtUp(shop, userId)

  const letGo = await holdUp()
  await shop.holds.place({
    message: OrderAccepted.of(order),
    key: order.orderId,
    bodyHash: 'h',
    answer: '{}',
    limits: [0],
  })
  const look = () =>
    shop.from(async () => [
      (await shop.orders.detail(userId, order.orderId)).status,
      (await shop.orders.list(userId, { limit: 20 })).items.map(({ status }) => status),
    ])
  expect(await look()).toEqual({ result: ['pending', ['pending']], from: ['replica'] })
  await job.persist([order])
  expect(await look()).toEqual({ result: ['unpaid', ['unpaid']], from: ['primary'] })
  await letGo()
  await caughtUp(shop, userId)
  expect(await look()).toEqual({ result: ['unpaid', ['unpaid']], from: ['replica'] })
})

const checkedBy = async ({ database, replica }: Container) =>
  (await readHealth({ database, replica, redis: engines.redis })).checks

it.each(['killed', 'hanging'])('serves from the primary while the replica is %s', async (how) => {
  const { replica } = engines
  const [one, other] = [startContainer(), startContainer()]
  const userId = newUser()
  await one.cart.put(userId, '1', { quantity: 3 })
  await caughtUp(one, userId)
  expect((await checkedBy(one)).replica).toMatchObject({ ok: true, behindMs: expect.any(Number) })

  if (how === 'killed') await replica.stop()
  else replica.faults.set({ hangRate: 1 })
  while (one.breaker.state === 'closed') expect(await quantityIn(one, userId)).toBe(3)
  const toldOf = async () => {
    await quantityIn(one, userId)
    expect(await engines.redis.get('replica:position:here')).toBeNull()
  }
  // Sooner than it would be forgotten by itself.
  await untilReady('a look that fails', toldOf, { timeoutMillis: 5_000 })
  // That tells every container: this one has not been refused once.
  expect(await other.from(() => quantityIn(other, userId))).toEqual({
    result: 3,
    from: ['primary'],
  })
  expect(await checkedBy(one)).toMatchObject({ database: { ok: true }, replica: { ok: false } })

  if (how === 'killed') {
    const port = Number(new URL(replica.url).port)
    const mysqlUrl = engines.mysqlReplicaUrl
    engines = { ...engines, replica: await startPlanetscaleBridge({ ...BRIDGE, mysqlUrl, port }) }
  } else replica.faults.clear()
  for (const container of [one, other]) await caughtUp(container, userId)
  expect(one.breaker.state).toBe('closed')
})
