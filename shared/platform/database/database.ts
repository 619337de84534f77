import { Client, type Connection } from '@planetscale/database'
import type { Sql } from 'sql-template-tag'
import { settings } from '../config/index.ts'
import { once } from '../config/once.ts'
import { send } from '../net/send.ts'
import { describeError, log } from '../telemetry/log.ts'
import { callDeadline } from '../telemetry/scope.ts'
import { commented } from './comment.ts'
import { isRetryable, OutcomeUnknown, StatementFailed, toDatabaseFailure } from './errors.ts'
import { mark } from './positions.ts'
import { createSlowLog, PLAN_MILLIS, type SlowLog } from './slow.ts'
import { fromColumn } from './values.ts'

const STATEMENT_MILLIS = 5_000
const TRANSACTION_TRIES = 3

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
   * again from the start (three times in all), so `work` must have no effect besides its statements.
   * @throws OutcomeUnknown where COMMIT got no answer
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>
}

type Mark = (ownerIds: readonly string[]) => Promise<void>

function queryable(target: Client | Connection, slow: SlowLog, wrote: Mark): Queryable {
  async function execute(statement: Sql) {
    const started = performance.now()
    const text = statement.sql
    try {
      return await target.execute(commented(text), statement.values)
    } catch (error) {
      throw toDatabaseFailure(error)
    } finally {
      slow(text, statement.values, performance.now() - started)
    }
  }
  return {
    query: async <Row>(statement: Sql) => (await execute(statement)).rows as Row[],
    write: async (statement, ownerIds = []) => {
      const { rowsAffected, insertId } = await execute(statement)
      await wrote(ownerIds)
      return { rowsAffected, insertId }
    },
  }
}

function clientOf(url: string, millis: number): Client {
  return new Client({
    url,
    cast: fromColumn,
    fetch: (input, init) => send(input, { ...init, signal: callDeadline(millis) }),
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
}

/**
 * Opens a database by its PlanetScale address. Nothing is sent until the first statement; every
 * statement is bounded by the invocation's deadline.
 */
export function createDatabase(url: string, options: DatabaseOptions = {}): Database {
  const { slowMillis = Number.POSITIVE_INFINITY, statementMillis = STATEMENT_MILLIS } = options
  const client = clientOf(url, statementMillis)
  const slow = createSlowLog(slowMillis, async (text, values) => {
    // On a session of its own: a transaction that asked has no room for it.
    return (await clientOf(url, PLAN_MILLIS).execute(commented(text), values)).rows
  })
  const wrote = forgiving(options.mark ?? (async () => {}))
  return {
    ...queryable(client, slow, wrote),
    transaction: (work) => retried(() => attempt(client, slow, wrote, work)),
  }
}

async function retried<T>(run: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await run()
    } catch (error) {
      if (!isRetryable(error) || tries === TRANSACTION_TRIES) throw error
      log.info('transaction tried again', { tries })
    }
  }
}

/** The driver's own transaction() hides the first error behind a failing ROLLBACK: hence this. */
async function attempt<T>(
  client: Client,
  slow: SlowLog,
  wrote: Mark,
  work: (tx: Queryable) => Promise<T>,
): Promise<T> {
  const owners = new Set<string>()
  const tx = queryable(client.connection(), slow, async (ownerIds) => {
    for (const id of ownerIds) owners.add(id)
  })
  await tx.write(BEGIN)
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
  return createDatabase(DATABASE_URL, { slowMillis: SLOW_QUERY_MS, mark: mark() })
})

/**
 * The container's handle on the read replica; the primary where none is set. For jobs that read much
 * and mind neither age nor a failure; what users are shown is read through reading.ts.
 */
export const replica = /* @__PURE__ */ once(() => {
  const { DATABASE_REPLICA_URL, SLOW_QUERY_MS } = settings()
  if (DATABASE_REPLICA_URL === undefined) return database()
  return createDatabase(DATABASE_REPLICA_URL, { slowMillis: SLOW_QUERY_MS })
})
