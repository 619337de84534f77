import { Redis } from 'ioredis'
import { ulid } from 'ulid'
import { leaseRedis } from '../../../local/lib/lease.ts'
import { createHolds, type Holds } from '../../../shared/domain/orders/holds.ts'
import { OrderAccepted } from '../../../shared/domain/orders/messages.ts'
import type { AcceptedOrder } from '../../../shared/domain/orders/order.ts'
import { createCounters } from '../../../shared/domain/stock/counters.ts'
import { redis } from '../../../shared/platform/redis/client.ts'
import type { BenchContext } from '../../harness/case.ts'
import { BUCKETS, bucketedHolds } from './buckets.ts'

const BATCH = 100
const STOCK = 1_000_000

/** An order of one unit that was just accepted. */
export function newOrder(skuId: string): AcceptedOrder {
  const now = Date.now()
  const at = (millis: number) => new Date(millis).toISOString()
  const item = {
    skuId,
    productId: '1',
    title: '限时抢购',
    skuTitle: '默认',
    priceFen: 1999,
    quantity: 1,
  }
  const orderId = ulid(now)
  return {
    ...{ orderId, userId: String(Math.floor(Math.random() * 1e9)), items: [item], totalFen: 1999 },
    ...{ createdAt: at(now), expiresAt: at(now + 900_000) },
  }
}

/** Holds an order as the route does. */
export const place = (holds: Holds, order: AcceptedOrder) =>
  holds.place({
    ...{ message: OrderAccepted.of(order, { id: order.orderId }), key: order.orderId },
    ...{
      bodyHash: 'h'.repeat(43),
      answer: JSON.stringify({ orderId: order.orderId }),
      limits: [0],
    },
  })

/** What Redis itself spends on each script, with few and with many holds on one SKU. */
export async function measureScripts({ services, table, quick, progress }: BenchContext) {
  const { endpoints } = await services()
  const epoch = await leaseRedis(endpoints.redisUrl)
  const server = new Redis(endpoints.redisUrl)
  const depths = quick ? [100, 200] : [100, 1_000, 10_000]

  /** @returns microseconds of Redis's time per script call that `work` makes */
  async function microsOf(work: () => Promise<unknown>): Promise<number> {
    await server.config('RESETSTAT')
    await work()
    const said = await server.info('commandstats')
    return Number(/cmdstat_evalsha:.*usec_per_call=([\d.]+)/.exec(said)?.[1])
  }

  const rows: (string | number)[][] = []
  const ways: [string, Holds][] = [
    ['one counter', createHolds(redis(), 30)],
    [`${BUCKETS} sub-buckets`, bucketedHolds(redis())],
  ]
  for (const [name, holds] of ways) {
    const skuId = String(Date.now())
    let version = 1
    const rowNow = () => ({ skuId, stock: STOCK, version: String(version++) })
    await holds.settle([], { stock: [rowNow()], claims: [] }, epoch)
    let pending = 0
    const fill = async (count: number) => {
      const orders = Array.from({ length: count }, () => newOrder(skuId))
      for (let at = 0; at < count; at += BATCH) {
        await Promise.all(orders.slice(at, at + BATCH).map((order) => place(holds, order)))
      }
      pending += count
      return orders
    }
    for (const depth of depths) {
      progress(`scripts: ${name}, ${depth} holds`)
      await fill(Math.max(0, depth - BATCH - pending))
      let batch: AcceptedOrder[] = []
      const placing = await microsOf(async () => {
        batch = await fill(BATCH)
      })
      const settled = batch.map((order) => ({ order, released: false }))
      const settling = await microsOf(() =>
        holds.settle(settled, { stock: [rowNow()], claims: [] }),
      )
      pending -= BATCH
      // Of the other ways only the bench knows, so nothing reconciles them.
      const repairing =
        name === 'one counter'
          ? await microsOf(() => createCounters(redis()).repair([rowNow()]))
          : '—'
      rows.push([name, depth, placing, settling, repairing])
    }
  }
  server.disconnect()
  const columns = [
    '',
    'holds on the SKU',
    'an order',
    'the end of 100 holds',
    'reconciling the SKU',
  ]
  table("Redis's own time per script, in µs", columns, rows)
}
