import { createPool, type FieldPacket, type PoolOptions, type ResultSetHeader } from 'mysql2'
import type { Pool, PoolConnection } from 'mysql2/promise'
import type { Row } from './columns.ts'
import { isRefusal, VitessError } from './vitess-errors.ts'

export type Result = { header: ResultSetHeader } | { rows: Row[]; fields: FieldPacket[] }

const CONNECTIONS = 32
/** Callers that may wait for a connection; beyond that it is better to say no. */
const WAITING = 1_000
const KILL_MILLIS = 2_000
/** PlanetScale returns no more. */
const MAX_ROWS = 100_000
/** What a connection to MySQL 8 starts with; MariaDB's own mode lets more pass. */
const SQL_MODE =
  'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'

/** The caller hung up, so nobody waits for an answer. */
export class CallerGone extends Error {
  override readonly name = 'CallerGone'
}

/** @returns true where the statement failed and its connection is as good as before */
export const isUsableAfter = (error: unknown) => error instanceof VitessError || isRefusal(error)

/**
 * Connections to a MySQL server. Transactions have a pool of their own, so that one which waits for
 * a statement outside of it never waits for itself; killing has one, so that it never waits at all.
 */
export function createConnections(mysqlUrl: string) {
  const settings = {
    uri: mysqlUrl,
    charset: 'utf8mb4_general_ci',
    // An UPDATE counts the rows that it matches, changed or not, as in PlanetScale's sessions.
    flags: ['FOUND_ROWS'],
    connectTimeout: 2_000,
    queueLimit: WAITING,
    rowsAsArray: true,
    // Values come as the bytes that the server sent.
    typeCast: false,
  }
  const pools = {
    statements: poolOf({ ...settings, connectionLimit: CONNECTIONS }),
    transactions: poolOf({ ...settings, connectionLimit: CONNECTIONS }),
    control: poolOf({ ...settings, connectionLimit: 1 }),
  }

  const kills = new Set<Promise<unknown>>()

  /** @throws CallerGone where nobody wants it any more */
  async function take(pool: 'statements' | 'transactions', gone: AbortSignal) {
    const connection = await pools[pool].getConnection().catch((error: Error) => {
      if (error.message !== 'Queue limit reached.') throw error
      throw new VitessError('RESOURCE_EXHAUSTED', `${pool} pool connection limit exceeded`)
    })
    if (!gone.aborted) return connection
    connection.release()
    throw new CallerGone()
  }

  /**
   * Ends a connection whatever it is doing, and MySQL rolls its transaction back. Closing alone would
   * leave a statement that waits for a lock waiting, with all the locks that it has.
   */
  function discard(connection: PoolConnection): void {
    const sql = `KILL ${Number(connection.threadId)}`
    connection.destroy()
    const kill = pools.control
      .query({ sql, timeout: KILL_MILLIS })
      // The connection had ended by itself, or the server is away: both will do.
      .catch(() => undefined)
      .finally(() => kills.delete(kill))
    kills.add(kill)
  }

  /** Runs one statement. @throws CallerGone as soon as the caller hangs up; it may be running still */
  function run(connection: PoolConnection, query: string, gone: AbortSignal): Promise<Result> {
    return new Promise((resolve, reject) => {
      const leave = () => reject(new CallerGone())
      if (gone.aborted) return leave()
      gone.addEventListener('abort', leave, { once: true })
      connection
        .query({ sql: query })
        .finally(() => gone.removeEventListener('abort', leave))
        .then(([rows, fields]) => resolve(resultOf(rows, fields)))
        .catch(reject)
    })
  }

  /** Runs a statement outside of transactions. */
  async function runOnce(query: string, gone: AbortSignal): Promise<Result> {
    const connection = await take('statements', gone)
    try {
      const result = await run(connection, query, gone)
      connection.release()
      return result
    } catch (error) {
      if (isUsableAfter(error)) connection.release()
      else discard(connection)
      throw error
    }
  }

  let ended: Promise<unknown> | undefined
  const end = async () => {
    ended ??= Promise.all(kills).then(() => Promise.all(Object.values(pools).map((p) => p.end())))
    await ended
  }
  return { take, run, runOnce, discard, end }
}

export type Connections = ReturnType<typeof createConnections>

function poolOf(settings: PoolOptions): Pool {
  const pool = createPool(settings)
  // It is first in the connection's queue, so nothing runs without it.
  pool.on('connection', (connection) => {
    connection.query(`SET time_zone = '+00:00', sql_mode = '${SQL_MODE}'`, (error) => {
      if (error) connection.destroy()
    })
  })
  return pool.promise()
}

function resultOf(rows: unknown, fields: unknown): Result {
  if (!Array.isArray(rows)) return { header: rows as ResultSetHeader }
  if (Array.isArray((fields as unknown[])[0])) {
    throw new VitessError('UNIMPLEMENTED', 'a procedure may not return rows')
  }
  if (rows.length > MAX_ROWS) {
    throw new VitessError('ABORTED', `Row count exceeded ${MAX_ROWS}`)
  }
  return { rows: rows as Row[], fields: fields as FieldPacket[] }
}
