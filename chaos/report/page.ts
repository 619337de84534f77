import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { machineLine } from '../../local/lib/machine.ts'
import { markdownTable } from '../../local/lib/table.ts'
import { ROOT } from '../../local/root.ts'
import { faultsTable, type Report, replayOf, sentencesOf } from './report.ts'
import { timelineOf } from './timeline.ts'

/** What docs/chaos.md shows: the last run of each seed. */
const FOLDER = 'docs/chaos'
const DATA = 'docs/chaos/runs.json'
const PAGE = 'docs/chaos.md'
const PLACE = /(<!-- chaos -->)[\s\S]*?(<!-- \/chaos -->)/

function shownRuns(): Report[] {
  try {
    return JSON.parse(readFileSync(join(ROOT, DATA), 'utf8')) as Report[]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return []
  }
}

/** Takes a run into the page, its pictures and its data, in the place of the last run of its seed. */
export function writePage(report: Report): void {
  const others = shownRuns().filter(({ seed }) => seed !== report.seed)
  const runs = [...others, report].toSorted((a, b) => a.seed - b.seed)
  mkdirSync(join(ROOT, FOLDER), { recursive: true })
  writeFileSync(join(ROOT, DATA), `${JSON.stringify(runs, null, 1)}\n`)
  for (const run of runs) {
    writeFileSync(join(ROOT, FOLDER, `seed-${run.seed}.svg`), timelineOf(run))
  }
  const page = join(ROOT, PAGE)
  writeFileSync(page, filled(readFileSync(page, 'utf8'), runs))
}

/** Fills what stands between `<!-- chaos -->` and `<!-- /chaos -->`. */
export function filled(page: string, runs: readonly Report[]): string {
  const sections = [markdownTable(runsTable(runs)), ...runs.map(sectionOf)]
  return page.replace(PLACE, (_, open: string, close: string) =>
    [open, '', ...sections.flatMap((one) => [one, '']), close].join('\n'),
  )
}

const runsTable = (runs: readonly Report[]) => ({
  title: 'All runs',
  columns: ['seed', 'orders', 'accepted', 'requests', 'faults', 'minutes', 'broken promises'],
  rows: runs.map(({ seed, orders, counts, faults, seconds, settleSeconds, violations }) => [
    ...[`${seed}`, `${orders}`, `${counts.accepted}`, `${counts.requests}`, `${faults.length}`],
    ...[((seconds + settleSeconds) / 60).toFixed(1), `${violations.length}`],
  ]),
})

function sectionOf(report: Report): string {
  const { seed, commit, date, machine, violations } = report
  return [
    `## Seed ${seed}`,
    ...sentencesOf(report),
    `![Success and p99 of seed ${seed}](chaos/seed-${seed}.svg)`,
    markdownTable(faultsTable(report)),
    ...violations.map(({ rule, what }) => `- **${rule}**: ${what}`),
    `<sub>\`${replayOf(report)}\` at ${commit}, ${date.slice(0, 10)}; ${machineLine(machine)}</sub>`,
  ].join('\n\n')
}
