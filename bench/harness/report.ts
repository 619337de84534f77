import type { Machine } from '../../local/lib/machine.ts'
import type { Table } from '../../local/lib/table.ts'
import type { Chart } from './chart.ts'
import type { Comparison } from './compare.ts'

export type TargetSpec = {
  /** What is measured, as a noun: `deep page ÷ first page, 1,000,000 orders`. */
  what: string
  measured: number
  /** `×` for ratios, `µs`, `MB`, … */
  unit: string
} & ({ atMost: number } | { atLeast: number })

export type Target = TargetSpec & { met: boolean }

export type CaseReport = {
  id: string
  title: string
  compares: string
  /** When and of which commit; `+` where files were changed since. */
  date: string
  commit: string
  seconds: number
  comparisons: Comparison[]
  tables: Table[]
  charts: Chart[]
  targets: Target[]
  notes: string[]
}

/** What `--json` writes. Figures of two machines never stand in one report. */
export type Report = { machine: Machine; quick: boolean; cases: CaseReport[] }

export function isMet(target: TargetSpec): boolean {
  return 'atMost' in target ? target.measured <= target.atMost : target.measured >= target.atLeast
}

/** Puts what was measured now in the place of what was measured before, unless on another machine. */
export function merged(before: Report | undefined, now: Report): Report {
  const same = JSON.stringify(before?.machine) === JSON.stringify(now.machine)
  const kept = same ? (before?.cases ?? []) : []
  const isNew = ({ id }: CaseReport) => !kept.some((other) => other.id === id)
  const cases = kept.map((old) => now.cases.find(({ id }) => id === old.id) ?? old)
  return { ...now, cases: [...cases, ...now.cases.filter(isNew)] }
}
