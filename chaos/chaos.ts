// `npm run chaos`: shoppers and admins against the real local stack while its parts are being broken.
import { writeFileSync } from 'node:fs'
import { machineLine } from '../local/lib/machine.ts'
import { mustTake, numberOf, optionsOf } from '../local/lib/options.ts'
import { progressOn } from '../local/lib/progress.ts'
import { whenAsked } from '../local/lib/signals.ts'
import { plainTable } from '../local/lib/table.ts'
import { writePage } from './report/page.ts'
import { faultsTable, type Report, replayOf, reportOf, sentencesOf } from './report/report.ts'
import { timelineOf } from './report/timeline.ts'
import { run } from './run.ts'

const HELP = `Usage: npm run chaos [-- OPTIONS]

Runs shoppers and admins against the real local stack, on services of its own, while a schedule of
faults runs: engines and functions killed, Redis gone and emptied, every link slow, cut, silent and
failing, messages twice and out of order, a wrong clock, WeChat and SES failing. When all has come to
rest, what the shoppers were told is held against database, ledger, mails and WeChat's books. Prints
what shoppers met during each fault, and every promise that was broken, with its orders and traces.
Ends with code 1 where there is one, and with 2 where the run itself could not go on.

  --seed N      what is done and what breaks, and when: the same seed, the same plan (1). How the
                engines take turns is theirs, so that two runs are alike, not equal
  --orders N    how many orders shoppers try to place (1000)
  --minutes M   for how long they come and things break; left out, by the number of orders
  --json FILE   writes all figures
  --svg FILE    draws success and p99 over time, with the faults
  --docs        takes the run into docs/chaos.md, in the place of the last one of its seed
  --help        prints this`

const options = optionsOf(HELP, {
  seed: { type: 'string', default: '1' },
  orders: { type: 'string', default: '1000' },
  minutes: { type: 'string' },
  json: { type: 'string' },
  svg: { type: 'string' },
  docs: { type: 'boolean', default: false },
})

/** What two cores bear, with time for about a dozen faults at least. */
const ORDERS_A_MINUTE = 5_000
/** From request to answer: the ten seconds of a function, and what a machine that is busy adds. */
const LIMIT_MILLIS = 13_000

const seed = numberOf('seed', options.seed, { from: 0, to: 2 ** 31 })
const orders = numberOf('orders', options.orders, { from: 1, to: 1_000_000 })
const byOrders = Math.max(1, Math.ceil(orders / ORDERS_A_MINUTE))
const bounds = { from: 0.3, to: 120, whole: false }
const minutes = numberOf('minutes', options.minutes ?? `${byOrders}`, bounds)
mustTake('json', options.json)
mustTake('svg', options.svg)

const stopping = new AbortController()
whenAsked(() => stopping.abort())
const progress = progressOn(process.stderr)
const started = performance.now()

async function played(): Promise<{ report: Report; logs: string | undefined }> {
  const how = { seed, orders, seconds: minutes * 60 }
  const outcome = await run({
    ...how,
    limitMillis: LIMIT_MILLIS,
    progress: progress.show,
    signal: stopping.signal,
  })
  return { report: reportOf(outcome, how), logs: outcome.logs }
}

const { report, logs } = await played().catch((error: Error) => {
  progress.end()
  if (stopping.signal.aborted) process.exit(130)
  console.error(`minimall: the run could not go on, which says nothing of the shop: ${error.stack}`)
  process.exit(2)
})
progress.end()
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`)
if (options.svg !== undefined) writeFileSync(options.svg, timelineOf(report))
if (options.docs) writePage(report)

console.log(plainTable(faultsTable(report)))
console.log(`\n${sentencesOf(report).join('\n')}`)
console.log(machineLine(report.machine))
const { violations } = report
for (const { rule, what, orders: ids = [], traces = [] } of violations) {
  console.log(`\n✗ ${rule}: ${what}`)
  if (ids.length > 0) console.log(`  orders ${ids.join(', ')}`)
  if (traces.length > 0) console.log(`  traces ${traces.join(', ')}`)
}
if (logs !== undefined) console.log(`\nLogs, by trace id: ${logs}\nAgain: ${replayOf(report)}`)
const seconds = ((performance.now() - started) / 1000).toFixed(0)
console.log(`\nseed ${seed}: ${violations.length} broken promises, ${seconds} s`)
process.exit(violations.length === 0 ? 0 : 1)
