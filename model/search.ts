import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { BUGS, type Bug, type BugName } from './bugs.ts'
import { containerCode } from './container/bundle.ts'
import { Database } from './engines/database.ts'
import { type Ending, play } from './run.ts'
import type { Options } from './world/world.ts'

export type Player = (seed: number, options?: Options) => Promise<Ending>

/** What plays seeds, with a bug planted or none. Takes a moment to make, and then some milliseconds a seed. */
export async function createPlayer(name?: BugName): Promise<Player> {
  const bug: Bug | undefined = name && BUGS[name]
  const start = await containerCode(bug?.patches)
  const database = new Database(bug?.withoutKeys)
  return (seed, options) => play(seed, start, database, options)
}

export type Search = {
  from: number
  count: number
  bug?: BugName | undefined
  /** Told of each seed that was played; true: those that are under way are the last. */
  told(ending: Ending): boolean
}

/** Seeds that a thread is handed at a time. */
const PORTION = 20
export type Portion = { from: number; count: number }

/** Plays seeds on all processors, each as if it were alone. */
export async function search({ from, count, bug, told }: Search): Promise<void> {
  let next = from
  let enough = false
  const portion = (): Portion | undefined => {
    const left = Math.min(PORTION, from + count - next)
    if (enough || left <= 0) return undefined
    next += left
    return { from: next - left, count: left }
  }
  const threads = Math.min(availableParallelism(), Math.ceil(count / PORTION))
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: bug })
      worker.once('error', reject)
      worker.once('exit', () => resolve())
      worker.on('message', (ending: Ending | 'more') => {
        if (ending === 'more') worker.postMessage(portion())
        else enough = told(ending) || enough
      })
    })
  await Promise.all(Array.from({ length: threads }, work))
}

/** What kind of violation it is: as it stands, but for ids and figures. */
const kindOf = ({ violation = '' }: Ending) =>
  violation.split('\n', 1)[0]?.replace(/\b01[0-9A-Z]{24}\b|\d+/g, '#')

/**
 * Leaves out of a seed that fails what faults it can do without: halves, then quarters, and so on.
 * @see Zeller, Hildebrandt, "Simplifying and isolating failure-inducing input", IEEE TSE 28(2), 2002
 * @returns the faults to leave out
 */
export async function shrink(play: Player, failing: Ending): Promise<ReadonlySet<number>> {
  const kind = kindOf(failing)
  let without = new Set<number>()
  let struck = failing.faults
  for (
    let size = Math.ceil(struck.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let at = 0; at < struck.length; ) {
      const fewer = new Set([...without, ...struck.slice(at, at + size)])
      const ending = await play(failing.seed, { without: fewer })
      if (kindOf(ending) === kind) {
        without = fewer
        struck = ending.faults
      } else at += size
    }
  }
  return without
}
