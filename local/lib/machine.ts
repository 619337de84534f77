import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { ROOT } from '../root.ts'
import { findCommand } from './process.ts'

/** Pages that only show figures: writing them changes nothing of what is measured. */
const FIGURES = ['docs/performance.md', 'docs/charts', 'docs/chaos.md', 'docs/chaos']

export type Machine = {
  cpu: string
  cores: number
  memoryGb: number
  node: string
  database: string
  redis: string
}

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
    const changed = git('status', '--porcelain', '--', ...FIGURES.map((path) => `:!${path}`))
    return `${git('rev-parse', '--short=10', 'HEAD').trim()}${changed === '' ? '' : '+'}`
  } catch {
    return 'unknown'
  }
}

export function machineLine({ cpu, cores, memoryGb, node, database, redis }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGb} GB; Node.js ${node}, ${database}, ${redis}`
}
