import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import mysql, { type PoolConnection, type ResultSetHeader } from 'mysql2/promise'
import { bodyOf, listen } from '../lib/http.ts'
import { type Column, mayBeJson, typeOf } from './columns.ts'
import { type Fault, Faults } from './faults.ts'
import type { Bridge } from './upstash.ts'

/** Vitess ends a transaction that nobody uses for this long. */
const IDLE_TRANSACTION_MILLIS = 20_000
const CONNECTIONS = 64

type Transaction = { connection: PoolConnection; timer: NodeJS.Timeout }
/** The client keeps it and sends it back: so a transaction that is lost here is known to be lost. */
type Session = { id: string; inTransaction: boolean }
type ExecuteBody = { query?: unknown; session?: Partial<Session> | null }

/**
 * PlanetScale's HTTP protocol over a MySQL server: statements, transactions bound to a session, and
 * typed rows as the real driver expects them. Rows that an UPDATE matches count as affected, as in
 * Vitess.
 * @see https://github.com/planetscale/database-js
 */
export async function startPlanetscaleBridge(options: {
  mysqlUrl: string
  username: string
  password: string
  port?: number
}): Promise<Bridge> {
  const faults = new Faults()
  const pool = mysql.createPool({
    uri: options.mysqlUrl,
    connectionLimit: CONNECTIONS,
    charset: 'utf8mb4_general_ci',
    rowsAsArray: true,
    // Every value as the server wrote it: no digit and no byte passes through a JavaScript number.
    typeCast: (field) => field.buffer(),
  })
  const transactions = new Map<string, Transaction>()
  const jsonColumns = jsonColumnsOf(pool)
  const credentials = Buffer.from(`${options.username}:${options.password}`).toString('base64')

  const server = await listen((request, response) => {
    void answer(request, response).catch((error: Error) => {
      if (!response.headersSent) send(response, 500, failure('INTERNAL', error.message))
    })
  }, options.port)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers.authorization !== `Basic ${credentials}`) {
      return send(response, 401, failure('UNAUTHENTICATED', 'invalid username or password'))
    }
    const body = JSON.parse((await bodyOf(request)).toString('utf8') || '{}') as ExecuteBody
    if (request.url === '/__faults') {
      faults.set(body as Fault)
      return send(response, 200, {})
    }
    if (await faults.strike()) return send(response, 503, failure('UNAVAILABLE', 'injected fault'))
    const id = typeof body.session?.id === 'string' ? body.session.id : randomUUID()
    if (request.url === '/psdb.v1alpha1.Database/CreateSession') {
      return send(response, 200, { session: { id, inTransaction: false } })
    }
    if (request.url !== '/psdb.v1alpha1.Database/Execute' || typeof body.query !== 'string') {
      return send(response, 400, failure('INVALID_ARGUMENT', 'send {query, session} to Execute'))
    }
    await execute(body.query, { id, inTransaction: body.session?.inTransaction === true }, response)
  }

  async function execute(query: string, { id, inTransaction }: Session, response: ServerResponse) {
    const verb = /^\s*(BEGIN|COMMIT|ROLLBACK)\b/i.exec(query)?.[1]?.toUpperCase()
    const started = performance.now()
    let connection: PoolConnection | undefined
    let aborted = false
    response.on('close', () => {
      if (response.writableFinished) return
      aborted = true
      if (connection !== undefined) void discard(id, connection)
    })
    try {
      const open = transactions.get(id)
      if (open === undefined && inTransaction) {
        // Ended by its time limit or by an outage.
        return send(response, 200, failure('ABORTED', `transaction ${id}: not found`))
      }
      connection = open?.connection ?? (await pool.getConnection())
      if (aborted) return discard(id, connection)
      if (open !== undefined) clearTimeout(open.timer)
      const [rows, fields] = await connection.query({ sql: query })
      const stays = verb === 'BEGIN' || (open !== undefined && verb === undefined)
      if (stays) keep(id, connection)
      else {
        transactions.delete(id)
        connection.release()
      }
      const result = await resultOf(rows, fields as Column[])
      const timing = (performance.now() - started) / 1000
      send(response, 200, { session: { id, inTransaction: stays }, result, timing })
    } catch (error) {
      await failed(error as Error, id, connection, response)
    }
  }

  function keep(id: string, connection: PoolConnection): void {
    const timer = setTimeout(() => void discard(id, connection), IDLE_TRANSACTION_MILLIS)
    timer.unref()
    transactions.set(id, { connection, timer })
  }

  /** Ends a connection whatever it is doing; MySQL rolls its transaction back. */
  async function discard(id: string, connection: PoolConnection): Promise<void> {
    clearTimeout(transactions.get(id)?.timer)
    transactions.delete(id)
    const { threadId } = connection
    connection.destroy()
    await pool.query(`KILL ${Number(threadId)}`).catch(() => undefined)
  }

  async function failed(
    error: { message: string; errno?: number | undefined; sqlState?: string; fatal?: boolean },
    id: string,
    connection: PoolConnection | undefined,
    response: ServerResponse,
  ): Promise<void> {
    const refused =
      error.sqlState !== undefined && error.errno !== undefined && error.fatal !== true
    if (!refused) {
      if (connection !== undefined) await discard(id, connection)
      return send(response, 503, failure('UNAVAILABLE', 'the database is not reachable'))
    }
    // A refused statement leaves the transaction open, as in MySQL; a deadlock has ended it there.
    if (connection !== undefined) {
      if (transactions.has(id)) keep(id, connection)
      else connection.release()
    }
    const message = `target: minimall.-.primary: vttablet: ${error.message} (errno ${error.errno}) (sqlstate ${error.sqlState})`
    send(response, 200, {
      session: { id, inTransaction: transactions.has(id) },
      ...failure('UNKNOWN', message),
    })
  }

  async function resultOf(rows: unknown, fields: Column[] | undefined) {
    if (fields === undefined || !Array.isArray(rows)) {
      const { affectedRows, insertId } = rows as ResultSetHeader
      return { rowsAffected: String(affectedRows), insertId: String(insertId) }
    }
    const described = await Promise.all(
      fields.map(async (column) => ({
        name: column.name,
        type: typeOf(
          column,
          mayBeJson(column) && (await jsonColumns(column.orgTable)).has(column.orgName),
        ),
        table: column.table,
        orgTable: column.orgTable,
        orgName: column.orgName,
        columnLength: column.columnLength,
        charset: column.characterSet,
        flags: Number(column.flags),
      })),
    )
    return { fields: described, rows: (rows as (Buffer | null)[][]).map(encodeRow) }
  }

  return {
    url: server.url.replace('//', `//${options.username}:${options.password}@`).concat('/minimall'),
    faults,
    stop: async () => {
      await server.stop()
      for (const [id, { connection }] of transactions) await discard(id, connection)
      await pool.end()
    },
  }
}

function encodeRow(values: (Buffer | null)[]) {
  return {
    lengths: values.map((value) => String(value === null ? -1 : value.length)),
    values: Buffer.concat(values.filter((value) => value !== null)).toString('base64'),
  }
}

const failure = (code: string, message: string) => ({ error: { code, message } })

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** Finds the JSON columns of a MariaDB table by the check that makes them so; asks once per table. */
function jsonColumnsOf(pool: mysql.Pool) {
  const known = new Map<string, Promise<Set<string>>>()
  const read = async (table: string) => {
    const [rows] = await pool.query(
      `SELECT check_clause FROM information_schema.check_constraints
       WHERE constraint_schema = DATABASE() AND table_name = ?`,
      [table],
    )
    const clauses = (rows as Buffer[][]).map(([clause]) => String(clause))
    return new Set(clauses.flatMap((clause) => /^json_valid\(`(.+)`\)$/.exec(clause)?.[1] ?? []))
  }
  return (table: string) => {
    let columns = known.get(table)
    if (columns === undefined) {
      columns = read(table).catch(() => new Set<string>())
      known.set(table, columns)
    }
    return columns
  }
}
