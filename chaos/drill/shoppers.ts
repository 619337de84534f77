import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Client,
  createClient,
  fetchTransport,
  type Tokens,
  type Transport,
} from '../../client/src/index.ts'
import type { Random } from '../random.ts'
import type { Call } from './windows.ts'

/** An order that was asked for: under one key, by one user, whatever became of it. */
export type Placed = { shopper: string; key: string; at: number; orderId?: string }

export type Record = { calls: Call[]; orders: Placed[] }

export type Region = { name: string; url: string }

/** Between two calls of a shopper, in milliseconds. */
const [LEAST_PAUSE, MOST_PAUSE] = [500, 1_000]
/** What a shopper does next; some of it more often. */
const STEPS = ['home', 'home', 'list', 'list', 'product', 'product', 'order', 'order', 'orders']

/**
 * A client of one person, which prefers the first of the regions, as a mini-program's would.
 * @param options.onTry told of each request but those about health; what it returns is told who answered
 */
export function clientOf(
  shopper: string,
  regions: readonly Region[],
  { random, onTry }: { random: Random; onTry?: () => (region: string) => void },
): Client {
  const network = fetchTransport(fetch)
  const transport: Transport = async (request) => {
    const { pathname, origin } = new URL(request.url)
    // Questions about health go beside the calls.
    const onAnswer = pathname === '/api/health' ? undefined : onTry?.()
    const answer = await network(request)
    onAnswer?.(regions.find(({ url }) => url === origin)?.name ?? origin)
    return answer
  }
  let tokens: Tokens | undefined
  return createClient({
    baseUrls: regions.map(({ url }) => url),
    transport,
    tokens: {
      read: () => tokens,
      write: (next) => {
        tokens = next
      },
    },
    signIn: async () => `mock:${shopper}:${random.next()}`,
    clock: { now: () => Date.now(), sleep: (millis) => sleep(millis), random: random.next },
  })
}

/** Orders one unit; the same again does nothing more. */
export const order = (client: Client, skuId: string, idempotencyKey: string) =>
  client.request('POST /api/orders', {
    body: { items: [{ skuId, quantity: 1 }] },
    idempotencyKey,
  })

type Load = {
  regions: readonly Region[]
  skuId: string
  productId: string
  random: Random
  signal: AbortSignal
  record: Record
}

/** One who looks around and orders, call after call, until the signal aborts. */
async function shop(shopper: string, { regions, signal, record, ...load }: Load): Promise<void> {
  const random = load.random.fork(shopper)
  let region: string | undefined
  let tries = 0
  const client = clientOf(shopper, regions, {
    random,
    onTry: () => {
      const mine = ++tries
      return (name) => {
        // What was given up may be answered late.
        if (mine === tries) region = name
      }
    },
  })

  async function step(name: string): Promise<void> {
    if (name === 'home') await client.request('GET /api/home')
    else if (name === 'list') {
      await client.request('GET /api/products', { query: { sort: 'sales', limit: 20 } })
    } else if (name === 'product') {
      await client.request('GET /api/products/{id}', { params: { id: load.productId } })
    } else if (name === 'orders') {
      await client.request('GET /api/orders', { query: { limit: 5 } })
    } else {
      const placed: Placed = { shopper, key: client.newKey(), at: performance.now() }
      record.orders.push(placed)
      placed.orderId = (await order(client, load.skuId, placed.key)).orderId
    }
  }

  while (!signal.aborted) {
    const route = random.pick(STEPS)
    const at = performance.now()
    region = undefined
    tries = 0
    const ok = await step(route).then(
      () => true,
      () => false,
    )
    const call: Call = { route, at, millis: performance.now() - at, ok, tries }
    record.calls.push(region === undefined ? call : { ...call, region })
    await sleep(random.whole(LEAST_PAUSE, MOST_PAUSE), undefined, { signal }).catch(() => {})
  }
}

/** Lets people in. @returns resolves when all have left, after the signal */
export async function crowd(count: number, load: Load): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, index) => shop(`drill-${index}`, load)))
}
