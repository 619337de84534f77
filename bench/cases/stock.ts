import { deepEqual, equal } from 'node:assert/strict'
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { leaseRedis } from '../../local/lib/lease.ts'
import { type BenchContext, benchCase } from '../harness/case.ts'

const LATENCY = { database: 5, redis: 1 }
const PLENTY = 1_000_000
const BATCH = 100
const ONE = 'one at a time'
const ALL = 'batches of 100'

export default benchCase({
  id: 'stock',
  title: 'The stock job',
  compares:
    'One worker that writes 100 accepted orders as the queue hands them out, in one batch, against the ' +
    'same worker that gets one message at a time. The database is 5 ms away, Redis 1 ms.',
  async run(context) {
    await context.services()
    for (const skus of [1, context.quick ? 20 : 1000]) await load(context, skus)
  },
})

/** @param millis per message */
type Done = { answers: SQSBatchResponse[]; millis: number }

async function load({ services, compare, target, table }: BenchContext, skus: number) {
  const { setLatency, bridges, endpoints } = await services()
  const epoch = await leaseRedis(endpoints.redisUrl)
  const { newSkus, checkBooks } = await import('./orders/shop.ts')
  const { newOrder, place } = await import('./orders/scripts.ts')
  const { holds } = await import('../../shared/domain/orders/index.ts')
  const { stock } = await import('../../shared/domain/stock/index.ts')
  const { handler } = await import('../../functions/jobs/stock.ts')
  const spent = new Map<string, number>()

  const sides = []
  for (const { name, size, count } of [
    { name: ONE, size: 1, count: 20 },
    { name: ALL, size: BATCH, count: BATCH },
  ]) {
    const skuIds = await newSkus(skus, PLENTY)
    await stock().load(skuIds, epoch)
    const written: string[] = []
    let events: SQSEvent[] = []
    let begun = 0
    sides.push({
      name,
      async before() {
        const messages = await Promise.all(
          Array.from({ length: count }, async () => {
            const order = newOrder(skuIds[Math.floor(Math.random() * skus)] as string)
            const placed = await place(holds(), order)
            if (placed.outcome !== 'held') throw new Error(`an order is ${placed.outcome}`)
            return placed.message
          }),
        )
        written.push(...messages.map(({ data }) => data.orderId))
        events = []
        for (let at = 0; at < count; at += size) events.push(eventOf(messages.slice(at, at + size)))
        setLatency(LATENCY)
        begun = bridges.database.calls()
      },
      async run(): Promise<Done> {
        const answers: SQSBatchResponse[] = []
        const started = performance.now()
        for (const event of events) answers.push(await handler(event, CONTEXT))
        return { answers, millis: (performance.now() - started) / count }
      },
      timeOf: ({ millis }: Done) => millis,
      check: ({ answers }: Done) => {
        for (const answer of answers) deepEqual(answer, { batchItemFailures: [] })
      },
      async after() {
        spent.set(name, (bridges.database.calls() - begun) / count)
        setLatency({})
        // The same end on both sides: rows, ledger, orders, and no hold that is left.
        await checkBooks(written, skuIds, PLENTY)
        equal((await holds().findMany(written)).length, 0, 'a hold is left')
      },
    })
  }
  const title = skus === 1 ? 'one hot SKU' : `${skus} SKUs`
  const figures = await compare(`a message, ${title}`, sides, { rounds: 20 })
  const rows = [ONE, ALL].map((name) => [name, spent.get(name) ?? Number.NaN])
  table(`What a message costs the database, ${title}`, ['', 'statements'], rows)
  const faster = figures.of(ALL).ops / figures.of(ONE).ops
  target({ what: `batches ÷ one at a time, ${title}`, measured: faster, unit: '×', atLeast: 10 })
}

const CONTEXT = {
  functionName: 'bench',
  getRemainingTimeInMillis: () => 60_000,
} as unknown as Context

const eventOf = (messages: readonly { id: string }[]) =>
  ({
    Records: messages.map((message) => ({
      messageId: message.id,
      body: JSON.stringify(message),
      attributes: { ApproximateReceiveCount: '1' },
    })),
  }) as unknown as SQSEvent
