import { createMemory } from '../cache/memory.ts'
import { type Fields, log } from '../telemetry/log.ts'
import { alongside, currentScope } from '../telemetry/scope.ts'
import { shapeOf } from './shape.ts'

/** Longest wait for a plan, in milliseconds: what a slow statement may add to its invocation. */
export const PLAN_MILLIS = 500
/** The same shape is explained once in this time; the statement itself is logged each time. */
const AGAIN_MILLIS = 60_000
/** Shapes are few, but nothing grows without an end. */
const REMEMBER_COUNT = 200
const SHOWN_LENGTH = 2_000

/** Told of each statement when it has ended, however it ended. Never throws. */
export type SlowLog = (text: string, values: readonly unknown[], millis: number) => void

/** Runs a statement on a session of its own. @returns its rows; throws after {@link PLAN_MILLIS} */
type Run = (text: string, values: unknown[]) => Promise<unknown[]>

/** What of a plan's row may be shown; MySQL and MariaDB keep values out of these. */
type PlanRow = {
  table: string | null
  type: string | null
  key: string | null
  rows: string | number | null
  Extra: string | null
}

/**
 * Logs statements that took `slowMillis` or longer: their shape (never a value), their time as the caller
 * saw it and, for a SELECT, the plan. The plan is asked for while the invocation goes on, which waits for
 * it at its end, for {@link PLAN_MILLIS} at most: afterwards Lambda freezes the container.
 */
export function createSlowLog(slowMillis: number, run: Run): SlowLog {
  const explained = createMemory<true>(REMEMBER_COUNT, () => performance.now())

  function isDue(shape: string): boolean {
    if (explained.get(shape) === true) return false
    explained.set(shape, true, performance.now() + AGAIN_MILLIS)
    return true
  }

  async function planOf(text: string, values: readonly unknown[]): Promise<string | undefined> {
    try {
      return describePlan((await run(`EXPLAIN ${text}`, [...values])) as PlanRow[])
    } catch {
      // Out of time, or the database is away: the statement is told of all the same.
      return undefined
    }
  }

  return (text, values, millis) => {
    if (millis < slowMillis) return
    const shape = shapeOf(text)
    const fields: Fields = {
      route: currentScope()?.route,
      sql: shape.slice(0, SHOWN_LENGTH),
      durationMs: Math.round(millis),
    }
    const select = /^\s*SELECT\b/i.test(text) && isDue(shape)
    if (!select) return log.warn('slow statement', fields)
    // Explaining reads single rows, and would wait for a lock that a transaction holds on them.
    const plain = text.replace(/\s+FOR UPDATE\s*$/i, '')
    alongside(planOf(plain, values).then((plan) => log.warn('slow statement', { ...fields, plan })))
  }
}

/** `orders: ref orders_user, 20 rows, Using where; …` */
function describePlan(rows: readonly PlanRow[]): string {
  return rows
    .map(({ table, type, key, rows, Extra }) => {
      // Where a WHERE can't be true no table is read, and the plan says only so.
      const access =
        table === null ? [] : [`${table}: ${type} ${key ?? 'without an index'}`, `${rows} rows`]
      return [...access, ...(Extra ? [Extra] : [])].join(', ')
    })
    .join('; ')
}
