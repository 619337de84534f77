import { randomUUID } from 'node:crypto'
import { createClient, fetchTransport, type Transport } from '../../client/src/index.ts'
import type { Shop } from './shop.ts'
import { step } from './steps.ts'

type Times = { handler: number[]; http: number[] }

/** Notes how long each order took: over HTTP, and within the handler as its Server-Timing says. */
function timed(times: Times): Transport {
  const transport = fetchTransport(fetch)
  return async (request) => {
    const started = performance.now()
    const answer = await transport(request)
    if (request.url.endsWith('/api/orders')) {
      times.http.push(performance.now() - started)
      const within = /dur=([\d.]+)/.exec(answer.headers['server-timing'] ?? '')?.[1]
      times.handler.push(Number(within))
    }
    return answer
  }
}

function quantiles(values: number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0
  return `p50 ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms`
}

/** The time to the 202 of orders placed one after the other. */
export async function measure(shop: Shop, sku: { id: string }, count: number): Promise<void> {
  const times: Times = { handler: [], http: [] }
  const buyer = createClient({
    baseUrls: [shop.api],
    transport: timed(times),
    signIn: async () => `mock:demo:${randomUUID()}`,
  })
  await step(`${count} orders, one after the other`, async () => {
    const body = { items: [{ skuId: sku.id, quantity: 1 }] }
    for (let i = 0; i < count; i++) await buyer.request('POST /api/orders', { body })
    const said = `handler ${quantiles(times.handler)}; over HTTP ${quantiles(times.http)}`
    return [said, undefined]
  })
}
