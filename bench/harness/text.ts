import type { Comparison } from './compare.ts'
import type { CaseReport, Cell, Machine, Table, Target } from './report.ts'
import { digits, time } from './stats.ts'

const cell = (value: Cell) => (typeof value === 'number' ? digits(value) : value)

/** A comparison as a table. */
export function tableOf(comparison: Comparison): Table {
  const { title, sides, concurrency } = comparison
  const base = sides[0]?.name ?? ''
  return {
    title: concurrency === 1 ? title : `${title}, ${concurrency} at once`,
    columns: ['', 'median', 'p99', 'a second', `÷ ${base}`],
    rows: sides.map(({ name, median, p99, ops, ratio }) => [
      name,
      time(median),
      time(p99),
      digits(ops),
      `${digits(ratio)} ×`,
    ]),
  }
}

/** A table for people at a terminal. */
export function plainTable({ title, columns, rows }: Table): string {
  const cells = [columns, ...rows.map((row) => row.map(cell))]
  const widths = columns.map((_, at) => Math.max(...cells.map((row) => (row[at] ?? '').length)))
  const lines = cells.map((row) =>
    row
      .map((text, at) => (at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
  return [`\n${title}`, ...lines.map((line) => `  ${line}`)].join('\n')
}

export function markdownTable({ title, columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = `|${columns.map((_, at) => (at === 0 ? '---' : '--:')).join('|')}|`
  return [`**${title}**\n`, line(columns), rule, ...rows.map((row) => line(row.map(cell)))].join(
    '\n',
  )
}

/** What was promised, what came out, and how far that is from the promise. */
function targetCells(target: Target): string[] {
  const { what, measured, unit, met } = target
  const [sign, limit] =
    'atMost' in target ? (['≤', target.atMost] as const) : (['≥', target.atLeast] as const)
  const by = Math.abs(measured / limit - 1) * 100
  const verdict = met ? `met, ${digits(by)} % to spare` : `missed by ${digits(by)} %`
  return [what, `${sign} ${digits(limit)} ${unit}`, `${digits(measured)} ${unit}`, verdict]
}

export function targetsTable(targets: readonly Target[]): Table {
  const columns = ['target', 'promised', 'measured', '']
  return { title: 'Targets', columns, rows: targets.map(targetCells) }
}

export const tablesOf = ({ comparisons, tables }: CaseReport): Table[] => [
  ...comparisons.map(tableOf),
  ...tables,
]

export function machineLine({ cpu, cores, memoryGb, node, database, redis }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGb} GB; Node.js ${node}, ${database}, ${redis}`
}
