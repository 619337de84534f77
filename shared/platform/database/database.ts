import { Client, type Connection } from '@planetscale/database'
import type { Sql } from 'sql-template-tag'
import { settings } from '../config/index.ts'
import { once } from '../config/once.ts'
import { Unavailable } from '../errors/standard.ts'
import { send } from '../net/send.ts'
import type { Breaker } from '../resilience/breaker.ts'
import { lostOrAsked, retry, unlessAsked } from '../resilience/retry.ts'
import { breakerOf } from '../resilience/upstreams.ts'
import { describeError, log } from '../telemetry/log.ts'
import { callDeadline } from '../telemetry/scope.ts'
import { commented } from './comment.ts'
import { isRetryable, OutcomeUnknown, StatementFailed, toDatabaseFailure } from './errors.ts'
import { mark } from './positions.ts'
import { createSlowLog, PLAN_MILLIS, type SlowLog } from './slow.ts'
import { fromColumn } from './values.ts'

const STATEMENT_MILLIS = 5_000
const TRANSACTION_TRIES = 3
/** Of a read, where the connection was lost. */
const READ_TRIES = 2

export type Written = {
  /** Rows that the statement matched or inserted. */
  rowsAffected: number
  /** The first AUTO_INCREMENT value of an INSERT, as a string of digits. */
  insertId: string
}

/** What a repository needs from a database or from a running transaction. */
export type Queryable = {
  /** Runs a SELECT. Row types come from the caller: BIGINT is string, DATETIME is Date. */
  query<Row>(statement: Sql): Promise<Row[]>
  /**
   * Runs an INSERT, UPDATE or DELETE.
   * @param ownerIds users who read of their own what it changes, and must find it changed: they are
   *   marked after the commit (reading.ts)
   */
  write(statement: Sql, ownerIds?: readonly string[]): Promise<Written>
}

export type Database = Queryable & {
  /**
   * Runs `work` in one transaction: commits when it resolves, rolls back when it throws, and then
   * throws what `work` threw, whatever becomes of the rollback. Deadlocks and lock waits are tried
   * again from the start (three times in all), so `work` must have no effect besides its statements;
   * then it throws Unavailable.
   * @throws OutcomeUnknown where COMMIT got no answer
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>
}

type Mark = (ownerIds: readonly string[]) => Promise<void>
type Guard = <T>(work: () => Promise<T>) => Promise<T>

/** @param tries of a read */
function queryable(
  target: Client | Connection,
  slow: SlowLog,
  wrote: Mark,
  guard: Guard,
  tries: number,
): Queryable {
  async function execute(statement: Sql, tries: number) {
    const started = performance.now()
    const text = statement.sql
    const run = () => target.execute(commented(text), statement.values)
    try {
      return await retry(run, { tries, again: lostOrAsked })
    } catch (error) {
      throw toDatabaseFailure(error)
    } finally {
      slow(text, statement.values, performance.now() - started)
    }
  }
  return {
    query: async <Row>(statement: Sql) =>
      (await guard(() => execute(statement, tries))).rows as Row[],
    write: async (statement, ownerIds = []) => {
      const { rowsAffected, insertId } = await guard(() => execute(statement, 1))
      await wrote(ownerIds)
      return { rowsAffected, insertId }
    },
  }
}

function clientOf(url: string, millis: number): Client {
  return new Client({
    url,
    cast: fromColumn,
    fetch: async (input, init) =>
      unlessAsked(await send(input, { ...init, signal: callDeadline(millis) })),
  })
}

/** What is written is written: that its owner may read it late is no reason to fail. */
const forgiving =
  (mark: Mark): Mark =>
  async (ownerIds) => {
    if (ownerIds.length === 0) return
    try {
      await mark(ownerIds)
    } catch (error) {
      log.warn('a write is not marked', { error: describeError(error) })
    }
  }

export type DatabaseOptions = {
  /** From how long on a statement is logged as slow, in milliseconds; left out: none is. */
  slowMillis?: number
  /** Longest wait for one statement, in milliseconds; the invocation's deadline may come first. */
  statementMillis?: number
  /** Told after each commit whose things were changed. */
  mark?: Mark
  /** Left out: every statement is sent. */
  breaker?: Pick<Breaker, 'run' | 'watch'>
}

const UNGUARDED: Pick<Breaker, 'run' | 'watch'> = { run: (work) => work(), watch: (work) => work() }

/**
 * Opens a database by its PlanetScale address. Nothing is sent until the first statement; every
 * statement is bounded by the invocation's deadline.
 */
export function createDatabase(url: string, options: DatabaseOptions = {}): Database {
  const { slowMillis = Number.POSITIVE_INFINITY, statementMillis = STATEMENT_MILLIS } = options
  const { breaker = UNGUARDED } = options
  const client = clientOf(url, statementMillis)
  const slow = createSlowLog(slowMillis, async (text, values) => {
    // On a session of its own: a transaction that asked has no room for it.
    return (await clientOf(url, PLAN_MILLIS).execute(commented(text), values)).rows
  })
  const wrote = forgiving(options.mark ?? (async () => {}))
  return {
    ...queryable(client, slow, wrote, breaker.run, READ_TRIES),
    async transaction(work) {
      const run = () => attempt(client, slow, wrote, breaker, work)
      try {
        return await retry(run, { tries: TRANSACTION_TRIES, again: isRetryable })
      } catch (error) {
        throw isRetryable(error) ? Unavailable.because('database', error) : error
      }
    },
  }
}

/** The driver's own transaction() hides the first error behind a failing ROLLBACK: hence this. */
async function attempt<T>(
  client: Client,
  slow: SlowLog,
  wrote: Mark,
  breaker: Pick<Breaker, 'run' | 'watch'>,
  work: (tx: Queryable) => Promise<T>,
): Promise<T> {
  const owners = new Set<string>()
  const note: Mark = async (ownerIds) => {
    for (const id of ownerIds) owners.add(id)
  }
  const connection = client.connection()
  await queryable(connection, slow, note, breaker.run, 1).write(BEGIN)
  // Once begun it is brought to its end: one that is left open keeps its locks.
  const tx = queryable(connection, slow, note, breaker.watch, 1)
  let result: T
  try {
    result = await work(tx)
  } catch (error) {
    await tx.write(ROLLBACK).catch((rollbackError) => {
      log.warn('rollback failed; the server ends the transaction by itself', {
        error: describeError(rollbackError),
      })
    })
    throw error
  }
  try {
    await tx.write(COMMIT)
  } catch (error) {
    if (error instanceof StatementFailed) throw error
    throw OutcomeUnknown.after(error)
  }
  await wrote([...owners])
  return result
}

const plain = (text: string) => ({ sql: text, values: [] }) as unknown as Sql
const BEGIN = plain('BEGIN')
const COMMIT = plain('COMMIT')
const ROLLBACK = plain('ROLLBACK')

/** The container's one handle on the primary database. */
export const database = /* @__PURE__ */ once(() => {
  const { DATABASE_URL, SLOW_QUERY_MS } = settings()
  const breaker = breakerOf('database')
  return createDatabase(DATABASE_URL, { slowMillis: SLOW_QUERY_MS, mark: mark(), breaker })
})

/**
 * The container's handle on the read replica; the primary where none is set. For jobs that read much
 * and mind neither age nor a failure; what users are shown is read through reading.ts.
 */
export const replica = /* @__PURE__ */ once(() => {
  const { DATABASE_REPLICA_URL, SLOW_QUERY_MS } = settings()
  if (DATABASE_REPLICA_URL === undefined) return database()
  const breaker = breakerOf('database replica')
  return createDatabase(DATABASE_REPLICA_URL, { slowMillis: SLOW_QUERY_MS, breaker })
})
