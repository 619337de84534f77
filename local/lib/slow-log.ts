import mysql from 'mysql2/promise'
import { digestOf, withoutComment } from './digest.ts'
import { untilReady } from './wait.ts'

/** One statement of a server's slow log. */
export type Entry = { server: string; sql: string; seconds: number; examined: number }

/** All statements of one shape. */
export type Group = {
  shape: string
  count: number
  seconds: number
  longest: number
  examined: number
  servers: Set<string>
  /** How many statements came from each route or job. */
  routes: Map<string, number>
}

/** A server as its root, who alone may read the log. @param mysqlUrl as the stack's endpoints have it */
async function asRoot<T>(
  mysqlUrl: string,
  work: (connection: mysql.Connection) => Promise<T>,
): Promise<T> {
  const url = new URL(mysqlUrl)
  const database = url.pathname.slice(1)
  url.username = 'root'
  // Not the shop's database: what is read here is not to be found in the log.
  url.pathname = '/mysql'
  const connection = await mysql.createConnection({ uri: url.href, connectTimeout: 2_000 })
  try {
    await connection.query('SET @shop = ?', [database])
    return await work(connection)
  } finally {
    await connection.end()
  }
}

/** @returns from how many seconds on a server logs a statement */
export function readThreshold(mysqlUrl: string): Promise<number> {
  return asRoot(mysqlUrl, async (connection) => {
    const [rows] = await connection.query<mysql.RowDataPacket[]>(
      'SELECT @@global.long_query_time AS seconds',
    )
    return Number(rows[0]?.seconds)
  })
}

/**
 * Sets from how many seconds on a server logs a statement. Connections take the value with them when
 * they are made: those that do nothing are ended, and the bridge makes new ones.
 */
export function setThreshold(mysqlUrl: string, seconds: number): Promise<void> {
  return asRoot(mysqlUrl, async (connection) => {
    await connection.query('SET GLOBAL long_query_time = ?', [seconds])
    const [idle] = await connection.query<mysql.RowDataPacket[]>(
      `SELECT id AS id FROM information_schema.processlist
       WHERE db = @shop AND command = 'Sleep'
         AND id NOT IN (SELECT trx_mysql_thread_id FROM information_schema.innodb_trx)`,
    )
    const ids = idle.map(({ id }) => Number(id))
    // One may have ended by itself meanwhile.
    for (const id of ids) await connection.query(`KILL ${id}`).catch(() => undefined)
    await untilReady('the slow log', async () => {
      const [left] = await connection.query<mysql.RowDataPacket[]>(
        'SELECT id FROM information_schema.processlist WHERE id IN (?)',
        [[0, ...ids]],
      )
      if (left.length > 0) throw new Error('connections are still ending')
    })
  })
}

/**
 * @param server what to call it
 * @param sinceSeconds only statements of this last time; left out: since the server started
 */
export function readSlowLog(
  server: string,
  mysqlUrl: string,
  sinceSeconds?: number,
): Promise<Entry[]> {
  return asRoot(mysqlUrl, async (connection) => {
    const [rows] = await connection.query<mysql.RowDataPacket[]>(
      `SELECT CAST(query_time AS CHAR) AS time, rows_examined AS examined,
              CONVERT(sql_text USING utf8mb4) AS text
       FROM slow_log WHERE db = @shop AND start_time >= NOW(6) - INTERVAL ? SECOND`,
      [sinceSeconds ?? 10 * 365 * 24 * 3600],
    )
    return rows.map(({ time, examined, text }) => ({
      server,
      sql: String(text),
      seconds: secondsOf(String(time)),
      examined: Number(examined),
    }))
  })
}

/** `HH:MM:SS.ffffff`; what MySQL and MariaDB make of TIME_TO_SEC differs. */
function secondsOf(time: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number)
  return (hours * 60 + minutes) * 60 + seconds
}

/** @returns the entries by shape, those first that took most time together */
export function grouped(entries: readonly Entry[]): Group[] {
  const groups = new Map<string, Group>()
  for (const { server, sql, seconds, examined } of entries) {
    const shape = digestOf(sql)
    const group = groups.get(shape) ?? {
      shape,
      count: 0,
      seconds: 0,
      longest: 0,
      examined: 0,
      servers: new Set(),
      routes: new Map(),
    }
    groups.set(shape, group)
    group.count++
    group.seconds += seconds
    group.longest = Math.max(group.longest, seconds)
    group.examined += examined
    group.servers.add(server)
    const route = withoutComment(sql).tags.route ?? 'no route'
    group.routes.set(route, (group.routes.get(route) ?? 0) + 1)
  }
  return [...groups.values()].sort((a, b) => b.seconds - a.seconds)
}

const SHOWN_LENGTH = 400
const asTime = (seconds: number) =>
  seconds < 1 ? `${(seconds * 1000).toFixed(1)} ms` : `${seconds.toFixed(3)} s`

/** A group in three lines. */
export function describeGroup(group: Group): string {
  const { shape, count, seconds, longest, examined, servers, routes } = group
  const each = Math.round(examined / count).toLocaleString('en')
  const asked = [...routes]
    .sort(([, a], [, b]) => b - a)
    .map(([route, times]) => `${route} ×${times}`)
  return [
    `${asTime(seconds)} in ${count}: average ${asTime(seconds / count)}, longest ${asTime(longest)}, ` +
      `${each} rows examined each, ${[...servers].join(' and ')}`,
    `  ${asked.join(', ')}`,
    `  ${shape.length > SHOWN_LENGTH ? `${shape.slice(0, SHOWN_LENGTH)} …` : shape}`,
  ].join('\n')
}
