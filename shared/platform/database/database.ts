import { Client, type Connection, type Transaction } from '@planetscale/database'
import type { Sql } from 'sql-template-tag'
import { settings } from '../config/index.ts'
import { once } from '../config/once.ts'
import { describeError, log } from '../telemetry/log.ts'
import { callDeadline, currentScope } from '../telemetry/scope.ts'
import { isRetryable, OutcomeUnknown, StatementFailed, toDatabaseFailure } from './errors.ts'
import { fromColumn } from './values.ts'

/** Longest wait for one statement, in milliseconds; the invocation's deadline may come first. */
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
  /** Runs an INSERT, UPDATE or DELETE. */
  write(statement: Sql): Promise<Written>
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

/** The trace id as a comment, so that the server's own logs can be joined with ours. */
function commented(statement: string): string {
  const scope = currentScope()
  return scope === undefined ? statement : `${statement} /*traceId='${scope.traceId}'*/`
}

async function execute(target: Client | Connection | Transaction, statement: Sql) {
  try {
    return await target.execute(commented(statement.sql), statement.values)
  } catch (error) {
    throw toDatabaseFailure(error)
  }
}

function queryable(target: Client | Connection | Transaction): Queryable {
  return {
    query: async <Row>(statement: Sql) => (await execute(target, statement)).rows as Row[],
    write: async (statement) => {
      const { rowsAffected, insertId } = await execute(target, statement)
      return { rowsAffected, insertId }
    },
  }
}

/**
 * Opens a database by its PlanetScale address. Nothing is sent until the first statement; every
 * statement is bounded by the invocation's deadline.
 */
export function createDatabase(url: string): Database {
  const client = new Client({
    url,
    cast: fromColumn,
    fetch: (input, init) =>
      fetch(input, { ...(init as RequestInit), signal: callDeadline(STATEMENT_MILLIS) }),
  })
  return { ...queryable(client), transaction: (work) => retried(() => attempt(client, work)) }
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
async function attempt<T>(client: Client, work: (tx: Queryable) => Promise<T>): Promise<T> {
  const connection = client.connection()
  const tx = queryable(connection)
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
  return result
}

const plain = (text: string) => ({ sql: text, values: [] }) as unknown as Sql
const BEGIN = plain('BEGIN')
const COMMIT = plain('COMMIT')
const ROLLBACK = plain('ROLLBACK')

/** The container's one handle on the primary database. */
export const database = /* @__PURE__ */ once(() => createDatabase(settings().DATABASE_URL))

/**
 * The container's handle on the read replica; the primary where none is set. Use it for what may be
 * some moments old.
 */
export const replica = /* @__PURE__ */ once(() => {
  const { DATABASE_REPLICA_URL } = settings()
  return DATABASE_REPLICA_URL === undefined ? database() : createDatabase(DATABASE_REPLICA_URL)
})
