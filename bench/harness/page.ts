import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { machineLine } from '../../local/lib/machine.ts'
import { markdownTable } from '../../local/lib/table.ts'
import { ROOT } from '../../local/root.ts'
import { svgOf } from './chart.ts'
import { type CaseReport, merged, type Report } from './report.ts'
import { tablesOf, targetsTable } from './text.ts'

/** What docs/performance.md shows. */
const DATA = 'docs/performance.json'
const PAGE = 'docs/performance.md'
const CHARTS = 'docs/charts'

/** Where figures stand in the page. */
export const FIGURES = /(<!-- bench:([\w-]+) -->)[\s\S]*?(<!-- \/bench:\2 -->)/g

/** @returns the figures that the page shows, or undefined where there are none yet */
export function shownReport(): Report | undefined {
  try {
    return JSON.parse(readFileSync(join(ROOT, DATA), 'utf8')) as Report
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return undefined
  }
}

/** Takes the figures of a run into the page, its charts and its data. Prose between them stays. */
export function writePage(run: Report): void {
  const report = merged(shownReport(), run)
  writeFileSync(join(ROOT, DATA), `${JSON.stringify(report, null, 1)}\n`)
  const page = readFileSync(join(ROOT, PAGE), 'utf8')
  writeFileSync(join(ROOT, PAGE), filled(page, report))
  rmSync(join(ROOT, CHARTS), { recursive: true, force: true })
  mkdirSync(join(ROOT, CHARTS))
  for (const chart of report.cases.flatMap(({ charts }) => charts)) {
    writeFileSync(join(ROOT, CHARTS, `${chart.id}.svg`), svgOf(chart))
  }
}

/**
 * Fills what stands between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`: `machine`, `targets`, or
 * the id of a case. What was not measured says so.
 * @throws where a case of the report has no place in the page
 */
export function filled(page: string, report: Report): string {
  const places = new Set<string>()
  const text = page.replace(FIGURES, (_, open: string, name: string, close: string) => {
    places.add(name)
    return `${open}\n${section(name, report)}\n${close}`
  })
  const homeless = report.cases.filter(({ id }) => !places.has(id))
  if (homeless.length > 0) {
    throw new Error(`${PAGE} has no place for ${homeless.map(({ id }) => id).join(', ')}`)
  }
  return text
}

function section(name: string, { machine, cases }: Report): string {
  if (name === 'machine') return machineLine(machine)
  if (name === 'targets') {
    const targets = cases.flatMap((one) => one.targets)
    return markdownTable(targetsTable(targets))
  }
  const found = cases.find(({ id }) => id === name)
  return found === undefined ? '_Not measured yet._' : caseSection(found)
}

function caseSection(report: CaseReport): string {
  const { compares, charts, targets, notes, commit, date, id } = report
  const parts = [
    compares,
    ...tablesOf(report).map(markdownTable),
    ...(targets.length === 0 ? [] : [markdownTable(targetsTable(targets))]),
    ...charts.map((chart) => `![${chart.title}](charts/${chart.id}.svg)`),
    ...notes,
    `<sub>\`npm run bench -- ${id}\` at ${commit}, ${date.slice(0, 10)}</sub>`,
  ]
  return `\n${parts.join('\n\n')}\n`
}
