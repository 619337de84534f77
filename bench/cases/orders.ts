import { equal } from 'node:assert/strict'
import { join } from 'node:path'
import { bundleOf } from '../../local/lib/bundle.ts'
import { startContainers } from '../../local/lib/containers.ts'
import { ROOT } from '../../local/root.ts'
import { type BenchContext, benchCase } from '../harness/case.ts'
import { ask, type Crowd, sellOut, warm } from './orders/buyers.ts'
import type { Way } from './orders/ways.ts'

/** As the issue sets them, in milliseconds; SQS is as near as it is. */
const LATENCY = { database: 5, redis: 1 }
const PLENTY = 1_000_000

type Shop = typeof import('./orders/shop.ts')
/** Buyers with as many containers, and how much they do in a comparison. */
type Load = Crowd & { calls: number; rounds: number }

export default benchCase({
  id: 'orders',
  title: 'Accepting orders',
  compares:
    'POST /api/orders (one call to Redis, one to SQS) against a version that does all in one database ' +
    'transaction (which takes the units first, or as late as it can), and against counters in ' +
    'sub-buckets. Each buyer has a container of its own (a worker thread), and sends the same key again ' +
    'where the service is too busy to answer; the database is 5 ms away, Redis 1 ms.',
  async run(context) {
    const { services, quick, chart, dir } = context
    const { env } = await services()
    const shop = await import('./orders/shop.ts')
    const all = (await import('./orders/ways.ts')).ways()
    const { database } = await import('../../shared/platform/database/database.ts')
    await database().write((await import('./orders/plain.ts')).KEYS_TABLE)
    const { url } = await bundleOf(join(ROOT, 'bench/cases/orders/container.ts'), { dir })
    const crowds: Load[] = []
    const gather = async (buyers: number, calls: number, rounds: number): Promise<void> => {
      context.progress(`${buyers} containers`)
      const containerEnv = { ...env, LOG_LEVEL: 'error' }
      const tokens = await shop.newBuyers(buyers)
      const fleet = await startContainers({ url, count: buyers, env: containerEnv, memoryMb: 64 })
      crowds.push({ buyers, tokens, fleet, calls, rounds })
    }
    try {
      await gather(1, 20, 10)
      await gather(quick ? 2 : 16, 160, 8)
      await gather(quick ? 4 : 128, 256, 4)
      const [, few] = crowds as [Load, Load, Load]
      for (const crowd of crowds) {
        context.progress(`warming up ${crowd.buyers}`)
        await warm(shop, crowd, all, PLENTY)
      }
      for (const way of all) {
        context.progress(`selling out: ${way.name}`)
        await sellOut(shop, few, way, quick ? 6 : 500)
      }
      const groups: string[] = []
      const ops = all.map(({ name }) => ({ name, values: [] as number[] }))
      for (const skus of [1, quick ? 20 : 1000]) {
        for (const crowd of crowds) {
          const title = `${skus === 1 ? 'one hot SKU' : `${skus} SKUs`}, buyers: ${crowd.buyers}`
          groups.push(title)
          const figures = await load(context, shop, crowd, all, { skus, title })
          for (const series of ops) series.values.push(figures.of(series.name).ops)
        }
      }
      const value = { label: 'orders accepted a second' }
      chart({ id: 'orders', title: 'Accepting orders', kind: 'bars', groups, value, series: ops })
      await refuse(context, shop, few)
    } finally {
      for (const { fleet } of crowds) await fleet.stop()
    }
    await (await import('./orders/scripts.ts')).measureScripts(context)
  },
})

/** Buyers who order as fast as they are answered, each way on SKUs of its own. */
async function load(
  { compare, services, target, note }: BenchContext,
  shop: Shop,
  crowd: Load,
  all: readonly Way[],
  { skus, title }: { skus: number; title: string },
) {
  const { setLatency } = await services()
  const sides = []
  for (const { name, exported, persist } of all) {
    const skuIds = await shop.newSkus(skus, PLENTY)
    const accepted: string[] = []
    const order = async (skuId: string) => {
      const { code, orderId } = await ask(shop, crowd, exported, skuId)
      equal(code, 0, `${name}: an order was refused`)
      accepted.push(orderId)
      return orderId
    }
    const after = async () => {
      setLatency({})
      await shop.drain(persist, accepted)
      await shop.checkBooks(accepted, skuIds, PLENTY)
    }
    // The first order of a SKU loads its counter.
    await Promise.all(skuIds.map(order))
    await after()
    sides.push({
      name,
      before: () => setLatency(LATENCY),
      run: () => order(skuIds[Math.floor(Math.random() * skus)] as string),
      check: (orderId: string) => equal(orderId.length, 26),
      after,
    })
  }
  const { buyers, calls, rounds } = crowd
  const figures = await compare(title, sides, { rounds, calls, concurrency: buyers })
  const [plain, ours] = [figures.of('one transaction'), figures.of('ours')]
  if (buyers === 1) {
    const what = `p50 of an order ÷ one transaction, ${title}`
    target({ what, measured: ours.ratio, unit: '×', atMost: 1 / 3 })
  }
  if (buyers > 16 && skus === 1) {
    const what = `orders a second ÷ one transaction, ${title}`
    target({ what, measured: ours.ops / plain.ops, unit: '×', atLeast: 10 })
    const gain = figures.of('sub-buckets on').ops / ours.ops
    note(`Orders a second with sub-buckets on ÷ off, ${title}: ${gain.toFixed(2)} ×.`)
  }
  return figures
}

/** Buyers who come too late, where their container remembers that, and where it asks each time. */
async function refuse({ compare, services, table }: BenchContext, shop: Shop, crowd: Crowd) {
  const { setLatency, bridges, endpoints } = await services()
  const { redisSeconds } = await import('./orders/redis-time.ts')
  const { persist } = await import('../../shared/domain/orders/index.ts')
  const [sku = ''] = await shop.newSkus(1, 1)
  const last = await ask(shop, crowd, 'ours', sku)
  equal(last.code, 0)
  await shop.drain(persist(), [last.orderId])
  const spent = new Map<string, { calls: number; seconds: number; refused: number }>()
  const sides = [
    { name: 'asks each time', exported: 'forgetful' },
    { name: 'remembers for a second', exported: 'ours' },
  ].map(({ name, exported }) => {
    const sum = { calls: 0, seconds: 0, refused: 0 }
    spent.set(name, sum)
    let begun = { calls: 0, seconds: 0 }
    const now = async () => ({
      calls: bridges.redis.calls(),
      seconds: await redisSeconds(endpoints.redisUrl),
    })
    return {
      name,
      before: async () => {
        setLatency(LATENCY)
        begun = await now()
      },
      run: () => ask(shop, crowd, exported, sku),
      check: ({ code }: { code: number }) => equal(code, 40901),
      after: async (done: number) => {
        const ended = await now()
        sum.calls += ended.calls - begun.calls
        sum.seconds += ended.seconds - begun.seconds
        sum.refused += done
        setLatency({})
      },
    }
  })
  const { buyers } = crowd
  await compare('a refused buyer', sides, { rounds: 10, calls: 400, concurrency: buyers })
  const rows = [...spent].map(([name, { calls, seconds, refused }]) => [
    name,
    calls / refused,
    (seconds * 1e6) / refused,
  ])
  table('What a refused buyer costs Redis', ['', 'calls', 'CPU time, µs'], rows)
}
