import { randomOf } from '../random.ts'
import { audit, openLedger } from './books.ts'
import { startRegions } from './regions.ts'
import { dnsOfTemplate, machine, type Report } from './report.ts'
import { play, type Scenario } from './scenarios.ts'
import { clientOf, crowd, type Record } from './shoppers.ts'

export type RunOptions = {
  scenarios: readonly Scenario[]
  /** How long the region stays away, each time. */
  seconds: number
  shoppers: number
  seed: number
  /** A folder of its own. */
  dir: string
  progress: (step: string) => void
  signal: AbortSignal
}

/** Seconds within which success is to be back. */
const TARGET_SECONDS = 10
/** More than anybody orders: out of stock is no answer that the drill wants. */
const UNITS = 1_000_000

/** One whole drill on services of its own. @throws where something could not be started, or given back */
export async function run(options: RunOptions): Promise<Report> {
  const { progress, signal, seconds, seed, shoppers } = options
  const random = randomOf(seed)
  const stand = await startRegions(options)
  const leaving = new AbortController()
  let ledger: ReturnType<typeof openLedger> | undefined
  let people: Promise<void> | undefined
  try {
    const { regions, services } = stand
    const admin = clientOf('admin', regions, { random: random.fork('admin') })
    const product = await admin.request('POST /api/admin/products', {
      body: { title: 'drill', skus: [{ title: 'drill', priceFen: 100, stock: UNITS }] },
    })
    const skuId = product.skus[0]?.id ?? ''
    ledger = openLedger(services.endpoints.mysqlUrl, skuId)
    const record: Record = { calls: [], orders: [] }
    const load = { regions, skuId, productId: product.id, random, record, signal: leaving.signal }
    people = crowd(shoppers, load)
    const results = []
    for (const scenario of options.scenarios) {
      results.push(await play(scenario, { regions, record, ledger, seconds, signal, progress }))
    }
    leaving.abort()
    await people
    progress('the books')
    const books = await audit(record.orders, stand, { ledger, skuId, random: random.fork('audit') })
    return {
      ...{ machine: machine(), seed, shoppers, target: TARGET_SECONDS },
      ...{ scenarios: results, books, dns: dnsOfTemplate() },
    }
  } finally {
    leaving.abort()
    await people
    await ledger?.close()
    await stand.stop()
  }
}
