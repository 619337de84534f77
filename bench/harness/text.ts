import { digits, time } from '../../local/lib/stats.ts'
import type { Table } from '../../local/lib/table.ts'
import type { Comparison } from './compare.ts'
import type { CaseReport, Target } from './report.ts'

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
