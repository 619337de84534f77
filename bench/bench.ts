// `npm run bench`: measures the shop against other ways of building it.
import { readFileSync, writeFileSync } from 'node:fs'
import { machine, machineLine } from '../local/lib/machine.ts'
import { argumentsOf, mustTake } from '../local/lib/options.ts'
import { progressOn } from '../local/lib/progress.ts'
import { whenAsked } from '../local/lib/signals.ts'
import { plainTable } from '../local/lib/table.ts'
import type { BenchCase } from './harness/case.ts'
import { allCases } from './harness/cases.ts'
import { writePage } from './harness/page.ts'
import type { Report } from './harness/report.ts'
import { startRun } from './harness/run.ts'
import { targetsTable } from './harness/text.ts'

const HELP = `Usage: npm run bench [-- CASE … | OPTIONS]

Measures the shop against other ways of building it, on services of its own. Each case checks the
answers of all its sides before it measures them in turns, and prints median, p99 and ratio. At the
end stand the targets, met or missed and by how much. All cases take a quarter of an hour and more. Ends with code 1 where a check fails; a missed
target is a figure like any other.

  --list        prints the cases
  --json FILE   writes all figures, and the machine they are of
  --docs        takes the figures into docs/performance.md, with its charts and its data
  --from FILE   measures nothing: takes the figures from what --json wrote
  --quick       does each case once, to see that it still works; its figures mean nothing
  --help        prints this`

const { values: options, names } = argumentsOf(HELP, {
  list: { type: 'boolean', default: false },
  json: { type: 'string' },
  docs: { type: 'boolean', default: false },
  from: { type: 'string' },
  quick: { type: 'boolean', default: false },
})

function fail(message: string): never {
  console.error(`minimall: ${message}`)
  process.exit(1)
}

const started = performance.now()
const cases: readonly BenchCase[] = await allCases()
if (options.list) {
  for (const { id, title } of cases) console.log(`${id.padEnd(12)} ${title}`)
  process.exit(0)
}
for (const name of names) {
  if (!cases.some(({ id }) => id === name)) fail(`there is no case "${name}". See -- --list.`)
}
if (options.docs && options.quick) fail('figures of --quick mean nothing: --docs takes none')
mustTake('json', options.json)

function reportFrom(file: string): Report {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report
    if (Array.isArray(report.cases)) return report
  } catch {
    // Said below.
  }
  return fail(`--from: ${file} is no file that --json wrote`)
}

async function measured(chosen: readonly BenchCase[]): Promise<{ report: Report; failed: number }> {
  const { quick } = options
  const progress = progressOn(process.stderr)
  const run = startRun({ quick, progress })
  const report: Report = { machine: machine(), quick, cases: [] }
  let failed = 0
  const ending = () => void run.stop().finally(() => process.exit(130))
  whenAsked(ending)
  for (const one of chosen) {
    try {
      report.cases.push(await run.measure(one))
    } catch (error) {
      failed++
      progress.end()
      console.error(`✗ ${one.id}:`, error)
    }
  }
  progress.end()
  await run.stop()
  return { report, failed }
}

const chosen = names.length === 0 ? cases : cases.filter(({ id }) => names.includes(id))
const { report, failed } =
  options.from === undefined
    ? await measured(chosen)
    : { report: reportFrom(options.from), failed: 0 }

const targets = report.cases.flatMap((one) => one.targets)
if (targets.length > 0) console.log(plainTable(targetsTable(targets)))
console.log(`\n${machineLine(report.machine)}`)
if (report.quick) console.log('--quick: the figures mean nothing')
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`)
if (options.docs && report.quick) fail('figures of --quick mean nothing: --docs takes none')
if (options.docs) writePage(report)
console.log(
  `${report.cases.length} measured, ${failed} failed, ${((performance.now() - started) / 1000).toFixed(0)} s`,
)
// Connections of fetch stay open for a while.
process.exit(failed === 0 ? 0 : 1)
