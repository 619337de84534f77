// `npm run drill`: takes one of two regions away under load, and measures until all is well again.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustTake, numberOf, optionsOf, refuse } from '../local/lib/options.ts'
import { whenAsked } from '../local/lib/signals.ts'
import { ROOT } from '../local/root.ts'
import { page } from './drill/report.ts'
import { run } from './drill/run.ts'
import { SCENARIOS } from './drill/scenarios.ts'

const HELP = `Usage: npm run drill [-- OPTIONS]

Runs two copies of the API, as two regions, over one set of services of its own, and puts shoppers on
them who browse and order through the client for mini-programs. Then it takes the preferred copy away
under load and gives it back, in three ways:

${SCENARIOS.map(({ id, what }) => `  ${id.padEnd(8)} ${what}`).join('\n')}

It prints how long it took until more than 99 % of the calls of a second succeeded, when calls went back,
and whether each order that was accepted is there once. Three minutes and more. Ends with code 1 where an
order was lost or doubled, or the stock does not balance; a missed target is a figure like any other.

  --only ID         plays one of them
  --seconds N       how long the region stays away (15)
  --shoppers N      how many there are; each makes a call about every 0.75 s (24)
  --seed N          what shoppers do, and how long clients wait (1); what happens at once stays chance
  --json FILE       writes all figures
  --help            prints this`

const options = optionsOf(HELP, {
  only: { type: 'string' },
  seconds: { type: 'string', default: '15' },
  shoppers: { type: 'string', default: '24' },
  seed: { type: 'string', default: '1' },
  json: { type: 'string' },
})

const scenarios = SCENARIOS.filter(({ id }) => options.only === undefined || id === options.only)
if (scenarios.length === 0) refuse(`there is no scenario "${options.only}"`)
const asked = {
  scenarios,
  seconds: numberOf('seconds', options.seconds, { from: 10, to: 600 }),
  shoppers: numberOf('shoppers', options.shoppers, { from: 1, to: 100 }),
  seed: numberOf('seed', options.seed, { from: 0, to: 2 ** 31 }),
}
mustTake('json', options.json)

const stopping = new AbortController()
whenAsked(() => stopping.abort())
const started = performance.now()
const progress = (step: string) =>
  console.log(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${step}`)

mkdirSync(join(ROOT, '.local'), { recursive: true })
const dir = mkdtempSync(join(ROOT, '.local', 'drill-'))
try {
  const report = await run({ ...asked, dir, progress, signal: stopping.signal })
  console.log(page(report))
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify(report, null, 1)}\n`)
  }
  const { lost, doubled, balanced } = report.books
  process.exitCode = lost === 0 && doubled === 0 && balanced ? 0 : 1
} catch (error) {
  process.exitCode = stopping.signal.aborted ? 130 : 1
  if (!stopping.signal.aborted) console.error(`\nminimall: ${(error as Error).message}`)
} finally {
  rmSync(dir, { recursive: true, force: true })
}
// Connections of fetch stay open for a while.
process.exit()
