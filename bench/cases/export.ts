import { equal, ok } from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { readTemplate } from '../../local/aws/resources.ts'
import { startPlanetscaleBridge } from '../../local/bridges/planetscale.ts'
import { startDatabase } from '../../local/engines/database.ts'
import { median } from '../../local/lib/stats.ts'
import { ROOT } from '../../local/root.ts'
import { migrate } from '../../local/stack.ts'
import { benchCase } from '../harness/case.ts'
import { levelsOf } from './export/levels.ts'
import { beginningOf, readFile } from './export/read.ts'
import { FROM, seedOrders, timeAfter } from './export/seed.ts'
import type { SideName, Told } from './export/worker.ts'

const ORDERS = 1_000_000
/** What collecting everything gets: V8 knows no text as long as a million orders are. */
const COLLECTED = 250_000
const ROUNDS = 3
const QUICK = 2_000

const execute = promisify(execFile)
const WORKER = fileURLToPath(new URL('export/worker.ts', import.meta.url))
const NAMES: Record<SideName, string> = {
  bare: 'bare driver and gzip',
  csv: 'export job, CSV',
  ndjson: 'export job, NDJSON',
  collect: 'all in memory, JSON.stringify',
}
const SIDES = Object.keys(NAMES) as SideName[]
type Outcome = Told & { side: SideName; orders: number; megabytes: number }

export default benchCase({
  id: 'export',
  title: 'Exports',
  compares:
    'The export job, from its message to the file in S3, against the same statements with the bare ' +
    'driver, its rows as JSON through a gzip stream into the same kind of upload, and against collecting ' +
    'everything first. Each run is a process of its own; an order has one item.',
  async run({ quick, dir, services, progress, table, chart, target, note }) {
    const { env } = await services()
    const most = quick ? QUICK : ORDERS
    const ordersOf = (side: SideName) => (side === 'collect' ? Math.min(COLLECTED, most) : most)
    // An engine of its own: so many orders would be in the way of the other cases.
    const engine = await startDatabase({ dir: join(dir, 'database') })
    const bridges = await Promise.all(
      [engine.primaryUrl, engine.replicaUrl].map((mysqlUrl) =>
        startPlanetscaleBridge({ mysqlUrl, username: 'bench', password: 'bench' }),
      ),
    )
    const [primary, replica] = bridges.map(({ url }) => url)
    const settings = { ...env, DATABASE_URL: primary, DATABASE_REPLICA_URL: replica }

    /** Runs a side in a process of its own, and reads its file. */
    async function runOf(side: SideName): Promise<Outcome> {
      const orders = ordersOf(side)
      const range = [FROM, timeAfter(orders)].map(String)
      const { stdout } = await execute(process.execPath, [WORKER, side, ...range], {
        env: { ...process.env, ...settings, ...(isJob(side) ? deployed() : {}) },
        maxBuffer: 64 * 2 ** 20,
      })
      const told = JSON.parse(stdout) as Told
      const file = await readFile(told.url)
      const lines = { bare: 2 * orders, csv: orders + 1, ndjson: orders, collect: 1 }[side]
      equal(file.lines, lines, `${NAMES[side]}: lines`)
      equal(file.orders, orders, `${NAMES[side]}: orders`)
      ok(file.ascending, `${NAMES[side]}: in order`)
      return { ...told, side, orders, megabytes: file.bytes / 1e6 }
    }

    try {
      await migrate(engine.primaryUrl, 'up')
      await seedOrders(engine.primaryUrl, most, (share) => progress('orders are made', share))
      const rounds = quick ? 1 : ROUNDS
      const outcomes: Outcome[] = []
      for (let round = 0; round < rounds; round++) {
        for (let turn = 0; turn < SIDES.length; turn++) {
          const side = SIDES[(round + turn) % SIDES.length] as SideName
          progress(NAMES[side], outcomes.length / (rounds * SIDES.length))
          outcomes.push(await runOf(side))
        }
      }

      const of = (side: SideName) => outcomes.filter((outcome) => outcome.side === side)
      const middle = (side: SideName, value: (outcome: Outcome) => number) =>
        median(of(side).map(value))
      const pace = (side: SideName) => middle(side, ({ orders, seconds }) => orders / seconds)
      progress('levels of gzip')
      table(
        'Compressing the first pages of the NDJSON, one thread',
        ['level', 'MB/s', 'text ÷ file'],
        levelsOf(await beginningOf(of('ndjson')[0]?.url ?? '')),
      )
      table(
        'Writing orders into a file',
        [
          '',
          'orders',
          'seconds',
          'MB/s',
          'orders/s',
          '÷ bare driver',
          'processor seconds',
          'memory grows by, MB',
        ],
        SIDES.map((side) => [
          NAMES[side],
          ordersOf(side),
          middle(side, ({ seconds }) => seconds),
          middle(side, ({ megabytes, seconds }) => megabytes / seconds),
          pace(side),
          `${(pace(side) / pace('bare')).toFixed(2)} ×`,
          middle(side, ({ processorSeconds }) => processorSeconds),
          middle(side, growth),
        ]),
      )
      chart({
        id: 'export-memory',
        title: 'Resident memory while orders are exported',
        kind: 'lines',
        x: { label: 'seconds' },
        y: { label: 'MB' },
        series: SIDES.map((side) => ({
          name: `${NAMES[side]}, ${ordersOf(side).toLocaleString('en-US')}`,
          points: thinned(of(side)[0]?.memory ?? []),
        })),
      })
      for (const side of ['csv', 'ndjson'] as const) {
        target({
          what: `${NAMES[side]}: orders a second ÷ bare driver`,
          measured: pace(side) / pace('bare'),
          unit: '×',
          atLeast: 0.8,
        })
        target({
          what: `${NAMES[side]}: memory grows by`,
          measured: Math.max(...of(side).map(growth)),
          unit: 'MB',
          atMost: 64,
        })
      }
      note(
        'Megabytes a second are of each side’s own text before compression. Memory grows from what the ' +
          'process had when it began, its modules loaded, to its highest. Collecting everything gets a ' +
          'quarter of the orders: a million are more text than a string of V8 can hold. The job runs with ' +
          'the options for memory that its function is deployed with, the others with V8’s defaults.',
      )
    } finally {
      for (const bridge of bridges) await bridge.stop()
      await engine.stop()
    }
  },
})

const isJob = (side: SideName) => side === 'csv' || side === 'ndjson'

/** What infra/functions/jobs.yml gives the function to manage its memory with. */
function deployed(): Record<string, string> {
  const functions = readTemplate(ROOT, 'infra/functions/jobs.yml', 'bench')
  return (functions as { jobsExport: { environment: Record<string, string> } }).jobsExport
    .environment
}

/** From before the export to its highest, in MB. */
function growth({ memory }: Told): number {
  return Math.max(...memory.map(([, megabytes]) => megabytes)) - (memory[0]?.[1] ?? 0)
}

const POINTS = 200
/** As many points as a chart shows. */
function thinned(memory: Told['memory']): Told['memory'] {
  const step = Math.max(1, Math.ceil(memory.length / POINTS))
  return memory.filter((_, index) => index % step === 0)
}
