// `npm run model`: plays the order path under a scheduler of its own; see docs/model.md.
import { writeFileSync } from 'node:fs'
import { mustTake, numberOf, optionsOf, refuse } from '../local/lib/options.ts'
import { progressOn } from '../local/lib/progress.ts'
import { BUG_NAMES, BUGS, type BugName } from './bugs.ts'
import type { Ending } from './run.ts'
import { createPlayer, search, shrink } from './search.ts'

const HELP = `Usage: npm run model [-- OPTIONS]

Plays the order path, the shop's own code, over engines in memory: a scheduler decides what happens
next, where a container stops for ever, which answer is lost and which message comes twice. Each seed
is a story of its own, and the same one each time. Ends with code 1 where a seed ends in a violation.

  --seeds N    how many seeds are played (1000)
  --from N     the first seed (1)
  --seed N     plays this one and prints all its steps; one that fails with as few faults as it takes
  --bug NAME   plants a bug, and ends with code 1 where no seed finds it. Bugs:
${BUG_NAMES.map((name) => `                 ${name.padEnd(22)} ${BUGS[name].about}`).join('\n')}
  --json FILE  writes what came out
  --help       prints this`

const options = optionsOf(HELP, {
  seeds: { type: 'string' },
  from: { type: 'string', default: '1' },
  seed: { type: 'string' },
  bug: { type: 'string' },
  json: { type: 'string' },
})

const bug = BUG_NAMES.find((name) => name === options.bug)
if (options.bug !== undefined && bug === undefined) refuse(`there is no bug "${options.bug}"`)
if (options.seed !== undefined && options.seeds !== undefined)
  refuse('--seed plays one: no --seeds')
mustTake('json', options.json)
const MOST = 1_000_000_000
const seedOf = (name: 'from' | 'seed', text: string) => numberOf(name, text, { from: 1, to: MOST })
const keep = (report: unknown) => {
  if (options.json !== undefined)
    writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`)
}
process.exitCode =
  options.seed === undefined ? await many() : await one(seedOf('seed', options.seed))

/** Prints a seed's story. @returns the exit code */
async function one(seed: number): Promise<number> {
  const play = await createPlayer(bug)
  const first = await play(seed)
  const without = first.violation === undefined ? undefined : await shrink(play, first)
  const trace = (line: string) => console.log(line)
  const ending = await play(seed, { trace, ...(without && { without }) })
  const { faults, steps, violation = 'no violation' } = ending
  console.log(
    `\nseed ${seed}: ${violation}\n${steps} steps, ${faults.length} of ${first.faults.length} faults`,
  )
  keep(ending)
  return first.violation === undefined ? 0 : 1
}

/** @returns the exit code */
async function many(): Promise<number> {
  const from = seedOf('from', options.from)
  const count = numberOf('seeds', options.seeds ?? '1000', { from: 1, to: MOST })
  const progress = progressOn(process.stderr)
  const started = performance.now()
  const violations: Ending[] = []
  const sums = { seeds: 0, orders: 0, direct: 0, steps: 0, faults: 0, crashes: 0 }
  await search({
    from,
    count,
    bug,
    told: (ending) => {
      sums.seeds++
      const twentieth = Math.floor((sums.seeds / count) * 20) / 20
      progress.show(`${Math.round(twentieth * count)} of ${count} seeds`, sums.seeds / count)
      sums.orders += ending.orders
      sums.direct += ending.direct
      sums.steps += ending.steps
      sums.faults += ending.faults.length
      sums.crashes += ending.crashes
      if (ending.violation === undefined) return false
      violations.push(ending)
      if (bug === undefined)
        progress.say(`seed ${ending.seed}: ${ending.violation.split('\n', 1)[0]}`)
      return bug !== undefined
    },
  })
  progress.end()
  violations.sort((a, b) => a.seed - b.seed)
  const seconds = Number(((performance.now() - started) / 1000).toFixed(1))
  const figures = Object.entries(sums).map(([name, sum]) => `${sum.toLocaleString('en')} ${name}`)
  console.log(`${figures.join(', ')} in ${seconds} s; ${violations.length} violations`)
  keep({ from, ...sums, seconds, bug: bug ?? null, violations })
  return bug === undefined ? verdict(violations) : found(bug, violations[0], from)
}

function verdict(violations: readonly Ending[]): number {
  const [first] = violations
  if (first === undefined) return 0
  console.log(`To see one: npm run model -- --seed ${first.seed}`)
  return 1
}

function found(name: BugName, ending: Ending | undefined, from: number): number {
  if (ending === undefined) {
    console.log(`${name} was not found`)
    return 1
  }
  const { seed, violation = '' } = ending
  console.log(`${name} was found after ${seed - from + 1} seeds:\n  ${violation.split('\n', 1)[0]}`)
  console.log(`To see it: npm run model -- --seed ${seed} --bug ${name}`)
  return 0
}
