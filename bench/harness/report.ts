import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { findCommand } from '../../local/lib/process.ts'
import { ROOT } from '../../local/root.ts'
import type { Chart } from './chart.ts'
import type { Comparison } from './compare.ts'

export type Cell = string | number
export type Table = {
  title: string
  columns: readonly string[]
  rows: readonly (readonly Cell[])[]
}
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

export type Machine = {
  cpu: string
  cores: number
  memoryGb: number
  node: string
  database: string
  redis: string
}

/** What `--json` writes. Figures of two machines never stand in one report. */
export type Report = { machine: Machine; quick: boolean; cases: CaseReport[] }

export function machine(): Machine {
  const processors = cpus()
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    database: versionOf('mariadbd', 'mysqld'),
    redis: versionOf('redis-server', 'valkey-server'),
  }
}

/** @returns name and version of the first of the servers that there is */
function versionOf(...commands: string[]): string {
  const command = findCommand(...commands)
  if (command === undefined) return 'none'
  const said = execFileSync(command, ['--version'], { encoding: 'utf8' })
  const version = /\d+\.\d+\.\d+/.exec(said)?.[0] ?? 'unknown'
  const name = ['MariaDB', 'MySQL', 'Redis', 'Valkey'].find((known) =>
    said.toLowerCase().includes(known.toLowerCase()),
  )
  return `${name ?? 'unknown'} ${version}`
}

/** The commit that is measured. */
export function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    const changed = git('status', '--porcelain', '--', ':!docs/performance.md', ':!docs/charts')
    return `${git('rev-parse', '--short=10', 'HEAD').trim()}${changed === '' ? '' : '+'}`
  } catch {
    return 'unknown'
  }
}

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
