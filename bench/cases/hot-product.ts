import { deepEqual, equal } from 'node:assert/strict'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { bundleOf } from '../../local/lib/bundle.ts'
import { startContainers } from '../../local/lib/containers.ts'
import { ROOT } from '../../local/root.ts'
import type { CatalogDeps } from '../../shared/domain/catalog/catalog.ts'
import { benchCase } from '../harness/case.ts'
import type { Side } from '../harness/compare.ts'
import { lambdaContext } from './warm/request.ts'

/** The catalogue's first product, and another one. */
const ID = '1'
const OTHER = '2'
const eventOf = (id: string) =>
  ({
    version: '2.0',
    headers: { 'accept-encoding': 'gzip,compress,br,deflate', 'x-trace-id': 'bench-0001' },
    pathParameters: { id },
    isBase64Encoded: false,
  }) as unknown as APIGatewayProxyEventV2

/** As far away as a database and Upstash in the same region, in milliseconds. */
const LATENCY = { database: 5, redis: 1 }
const NO_CACHE = 'no cache'
const REDIS = 'Redis'
const MEMORY = 'in-container'
const PING = 'a PING to Redis, alone'

const dataOf = ({ body = '', headers, isBase64Encoded }: APIGatewayProxyStructuredResultV2) => {
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8')
  const text = headers?.['content-encoding'] === 'br' ? brotliDecompressSync(bytes) : bytes
  return JSON.parse(text.toString()).data
}

export default benchCase({
  id: 'hot-product',
  title: 'A hot product',
  compares:
    'GET /api/products/{id} through the same stack: without a cache, with Redis alone, and with the ' +
    "container's memory before it; and 10,000 requests at once to 50 containers for a product that " +
    'is in no cache.',
  async run({ quick, dir, services, compare, progress, table, target, note }) {
    const { setLatency, bridges, env } = await services()
    const { build } = await import('../../functions/catalog/product.ts')
    const { catalogCaches } = await import('../../shared/domain/catalog/caches.ts')
    const { createCatalog } = await import('../../shared/domain/catalog/catalog.ts')
    const { readPublished } = await import('../../shared/domain/catalog/repository.ts')
    const { database } = await import('../../shared/platform/database/database.ts')
    const { Json } = await import('../../shared/platform/http/json.ts')
    const { redis } = await import('../../shared/platform/redis/client.ts')

    const read = async (id: string) => (await readPublished(database(), [id])).get(id)
    const product = await read(ID)
    const sources = { redis: redis(), database: database() }
    const uncached: CatalogDeps['products'] = {
      json: async (id) => {
        const found = await read(id)
        return found && Json.of(found)
      },
      invalidate: async () => undefined,
    }
    const caches = catalogCaches({ ...sources, scope: 'bench:' })
    // Over before it could be used: each request asks Redis, and what it compressed once it still has.
    const redisOnly = { memorySeconds: Number.MIN_VALUE }
    const { products: shared } = catalogCaches({
      ...sources,
      scope: 'bench-redis:',
      times: redisOnly,
    })

    const queries = new Map<string, { queries: number; requests: number }>()
    const sides = [
      { name: NO_CACHE, products: uncached },
      { name: REDIS, products: shared },
      { name: MEMORY, products: caches.products },
    ].map(({ name, products }) => {
      const handler = build(createCatalog({ database: database(), ...caches, products }))
      let before = 0
      return {
        name,
        run: () => handler(eventOf(ID), lambdaContext()),
        check(answer: APIGatewayProxyStructuredResultV2) {
          equal(answer.statusCode, 200)
          deepEqual(dataOf(answer), JSON.parse(Json.of(product).text))
        },
        before() {
          before = bridges.database.calls()
        },
        after(done: number) {
          const counted = queries.get(name) ?? { queries: 0, requests: 0 }
          counted.queries += bridges.database.calls() - before
          counted.requests += done
          queries.set(name, counted)
        },
      }
    })

    // What any answer from Redis takes at the least here: the way there and back.
    const floor: Side = {
      name: PING,
      run: () => redis().ping(),
      check: (said) => equal(said, 'PONG'),
    }
    const all = [...sides, floor] as Side[]
    const rounds = { rounds: 30, calls: 50 }
    setLatency(LATENCY)
    const far = await compare('a product, database 5 ms and Redis 1 ms away', all, rounds)
    setLatency({})
    await compare('a product, everything on this machine', all, rounds)

    const perRequest = (name: string) => {
      const counted = queries.get(name)
      return counted === undefined ? 0 : counted.queries / counted.requests
    }
    table(
      'database queries',
      ['', 'requests', 'queries', 'per request'],
      sides.map(({ name }) => {
        const { requests = 0, queries: made = 0 } = queries.get(name) ?? {}
        return [name, String(requests), String(made), perRequest(name).toFixed(4)]
      }),
    )
    for (const [name, atLeast] of [
      [REDIS, 10],
      [MEMORY, 100],
    ] as const) {
      const measured = 1 / far.of(name).ratio
      target({ what: `${name} ÷ ${NO_CACHE}, at the set latencies`, measured, unit: '×', atLeast })
    }
    for (const name of [REDIS, MEMORY]) {
      const measured = perRequest(NO_CACHE) / perRequest(name)
      target({ what: `fewer database queries: ${name}`, measured, unit: '×', atLeast: 100 })
    }

    const count = quick ? 5 : 50
    const requests = quick ? 100 : 10_000
    progress(`starting ${count} containers`)
    const { url } = await bundleOf(join(ROOT, 'functions', 'catalog', 'product.ts'), { dir })
    const containers = await startContainers({ url, count, env: { ...env, LOG_LEVEL: 'error' } })
    try {
      // The containers are warm, the product is not: fifty that load their code share our processors.
      await containers.invokeEach(eventOf(OTHER))
      await redis().del(`cache:product:${ID}`)
      setLatency(LATENCY)
      progress(`${requests} requests at once`)
      const before = bridges.database.calls()
      const started = performance.now()
      const answers = await Promise.all(
        Array.from({ length: requests }, () =>
          containers.invoke<APIGatewayProxyStructuredResultV2>(eventOf(ID)),
        ),
      )
      const seconds = (performance.now() - started) / 1000
      const made = bridges.database.calls() - before
      for (const answer of answers) equal(answer.statusCode, 200)
      for (const answer of new Set(answers.map(({ body }) => body)))
        deepEqual(
          dataOf({ ...answers[0], body: answer } as never),
          JSON.parse(Json.of(product).text),
        )
      table(
        'a product that is in no cache',
        ['containers', 'requests at once', 'loads', 'queries', 'without a cache', 'seconds'],
        [
          [
            String(count),
            String(requests),
            String(made / 2),
            String(made),
            String(2 * requests),
            seconds.toFixed(1),
          ],
        ],
      )
      target({ what: 'loads of a stampede', measured: made / 2, unit: '', atMost: 1 })
    } finally {
      setLatency({})
      await containers.stop()
    }
    note(
      'A product is two queries: its row, and its SKUs. Redis and in-container load it once a minute. ' +
        'No answer that asks Redis can be faster than a PING.',
    )
  },
})
