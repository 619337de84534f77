import { randomUUID } from 'node:crypto'
import { Client, type Connection } from '@planetscale/database'
import mysql from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { startPlanetscaleBridge } from '../../../local/bridges/planetscale.ts'
import type { Bridge } from '../../../local/bridges/server.ts'

let bridge: Bridge
let hasty: Bridge
let client: Client
let direct: mysql.Connection

beforeAll(async () => {
  const mysqlUrl = inject('endpoints').mysqlUrl ?? ''
  const options = { mysqlUrl, username: 'me', password: 'secret' }
  bridge = await startPlanetscaleBridge(options)
  hasty = await startPlanetscaleBridge({ ...options, transactionMillis: 300 })
  client = new Client({ url: bridge.url })
  direct = await mysql.createConnection(mysqlUrl)
  await direct.query('CREATE TABLE bridge_held (id VARCHAR(64) PRIMARY KEY, n INT NOT NULL)')
})
afterAll(async () => {
  await bridge.stop()
  await hasty.stop()
  await direct.query('DROP TABLE bridge_held')
  await direct.end()
})

const seen = async (id: string) => {
  const [rows] = await direct.query<mysql.RowDataPacket[]>(
    'SELECT n FROM bridge_held WHERE id = ?',
    [id],
  )
  return rows[0]?.n as number | undefined
}
const insert = (on: Client | Connection, id: string) =>
  on.execute('INSERT INTO bridge_held VALUES (?, 1)', [id])
/** Waits for the row's lock; a transaction that still holds it makes the server give up on us. */
const insertDirectly = async (id: string) => {
  await direct.query('SET innodb_lock_wait_timeout = 5')
  await direct.query('INSERT INTO bridge_held VALUES (?, 7)', [id])
}
const running = async (part: string) => {
  const [rows] = await direct.query<mysql.RowDataPacket[]>(
    'SELECT 1 FROM information_schema.processlist WHERE info LIKE ? AND id <> CONNECTION_ID()',
    [`%${part}%`],
  )
  return rows.length
}
const until = async (what: () => Promise<boolean>) => {
  while (!(await what())) await new Promise(setImmediate)
}
const leavingClient = () => {
  const leaving = new AbortController()
  const fetching = (url: string, init: unknown) =>
    fetch(url, { ...(init as RequestInit), signal: leaving.signal })
  return { leaving, connection: new Client({ url: bridge.url, fetch: fetching }).connection() }
}

describe('a transaction', () => {
  it('opens and ends in every spelling', async () => {
    for (const [open, close, stays] of [
      ['START TRANSACTION', 'COMMIT', true],
      ["/*traceId='abcdefgh'*/ begin", "commit /*traceId='abcdefgh'*/", true],
      ['BEGIN;', '/* x */ ROLLBACK;', false],
    ] as const) {
      const [id, connection] = [randomUUID(), client.connection()]
      await connection.execute(open)
      await insert(connection, id)
      expect(await seen(id), open).toBeUndefined()
      await connection.execute(close)
      expect(await seen(id), close).toBe(stays ? 1 : undefined)
    }
  })

  it('goes on after ROLLBACK TO a savepoint, and after a refused statement', async () => {
    const [kept, undone, connection] = [randomUUID(), randomUUID(), client.connection()]
    await connection.execute('BEGIN')
    await insert(connection, kept)
    await connection.execute('SAVEPOINT here')
    await insert(connection, undone)
    await connection.execute('ROLLBACK TO SAVEPOINT here')
    await expect(insert(connection, kept)).rejects.toThrow(
      /^target: minimall\.-\.primary: vttablet: rpc error: code = AlreadyExists desc = Duplicate entry .* \(errno 1062\) \(sqlstate 23000\)/,
    )
    expect(await seen(kept)).toBeUndefined()
    await connection.execute('COMMIT')
    expect([await seen(kept), await seen(undone)]).toEqual([1, undefined])
  })

  it('sees nothing that others commit after its first read', async () => {
    const [id, connection] = [randomUUID(), client.connection()]
    await connection.execute('BEGIN')
    const count = async () =>
      (await connection.execute('SELECT n FROM bridge_held WHERE id = ?', [id])).size
    expect(await count()).toBe(0)
    await insert(client, id)
    expect(await count()).toBe(0)
    await connection.execute('ROLLBACK')
    expect(await count()).toBe(1)
  })

  it('takes one statement at a time, as Vitess does', async () => {
    const connection = client.connection()
    await connection.execute('BEGIN')
    const [first, second] = await Promise.allSettled([
      connection.execute('SELECT SLEEP(0.2)'),
      connection.execute('SELECT 1'),
    ])
    expect(first.status).toBe('fulfilled')
    expect(String((second as PromiseRejectedResult).reason)).toMatch(/code = Aborted.*in use/)
    await connection.execute('ROLLBACK')
  })

  it('is over when DDL commits it', async () => {
    const [id, connection] = [randomUUID(), client.connection()]
    await connection.execute('BEGIN')
    await insert(connection, id)
    await connection.execute('ALTER TABLE bridge_held COMMENT ?', ['changed'])
    expect(await seen(id)).toBe(1)
    await connection.execute('ROLLBACK')
    expect(await seen(id)).toBe(1)
  })

  it('is rolled back when it takes too long, and says so until ROLLBACK', async () => {
    const [id, connection] = [randomUUID(), new Client({ url: hasty.url }).connection()]
    await connection.execute('BEGIN')
    await insert(connection, id)
    await insertDirectly(id)
    const late = insert(connection, randomUUID())
    await expect(late).rejects.toThrow(/code = Aborted desc = transaction .*: not found.* 300 ms/)
    await expect(connection.execute('SELECT 1')).rejects.toThrow(/not found/)
    await connection.execute('ROLLBACK')
    expect((await connection.execute('SELECT 1 AS one')).size).toBe(1)
  })

  it('does not pretend to commit what was rolled back', async () => {
    const [id, connection] = [randomUUID(), new Client({ url: hasty.url }).connection()]
    await connection.execute('BEGIN')
    await insert(connection, id)
    await insertDirectly(id)
    await expect(connection.execute('COMMIT')).rejects.toThrow(/not found/)
    expect(await seen(id)).toBe(7)
    expect((await connection.execute('SELECT 1 AS one')).size).toBe(1)
  })

  it('comes to its end where its time runs out during a statement, and not before', async () => {
    const [id, connection] = [randomUUID(), new Client({ url: hasty.url }).connection()]
    await connection.execute('BEGIN')
    await insert(connection, id)
    expect((await connection.execute('SELECT SLEEP(0.5) AS slept')).rows).toEqual([{ slept: '0' }])
    await expect(connection.execute('COMMIT')).rejects.toThrow(/not found/)
    expect(await seen(id)).toBeUndefined()
  })

  it('does not outlive its time because the last statement was refused', async () => {
    const [id, connection] = [randomUUID(), new Client({ url: hasty.url }).connection()]
    await connection.execute('BEGIN')
    await insert(connection, id)
    const refused = connection.execute('INSERT INTO bridge_held SELECT ?, SLEEP(0.5)', [id])
    await expect(refused).rejects.toThrow(/errno 1062/)
    await insertDirectly(id)
    expect(await seen(id)).toBe(7)
  })

  it('is over after a deadlock, also when its client goes on', async () => {
    const ids = [randomUUID(), randomUUID()] as const
    for (const id of ids) await insert(client, id)
    const bump = (connection: Connection, id: string) =>
      connection.execute('UPDATE bridge_held SET n = n + 1 WHERE id = ?', [id])
    const pair = [client.connection(), client.connection()] as const
    for (const [i, connection] of pair.entries()) {
      await connection.execute('BEGIN')
      await bump(connection, ids[i] as string)
    }
    const outcomes = await Promise.allSettled([bump(pair[0], ids[1]), bump(pair[1], ids[0])])
    const lost = outcomes.findIndex(({ status }) => status === 'rejected')
    expect(String((outcomes[lost] as PromiseRejectedResult).reason)).toMatch(
      /code = Aborted desc = .* \(errno 1213\) \(sqlstate 40001\)/,
    )
    const [loser, winner] = [pair[lost] as Connection, pair[1 - lost] as Connection]
    await expect(bump(loser, randomUUID())).rejects.toThrow(/not found/)
    await winner.execute('COMMIT')
    expect([await seen(ids[0]), await seen(ids[1])]).toEqual([2, 2])
  })
})

describe('a client that goes away', () => {
  it('while it waits for a lock: leaves neither the statement nor its locks', async () => {
    const [held, mine] = [randomUUID(), randomUUID()]
    const holder = client.connection()
    await holder.execute('BEGIN')
    await insert(holder, held)
    const { leaving, connection } = leavingClient()
    await connection.execute('BEGIN')
    await insert(connection, mine)
    const waiting = insert(connection, held)
    await until(async () => (await running(`'${held}'`)) === 1)
    leaving.abort()
    await expect(waiting).rejects.toThrow()
    await insertDirectly(mine)
    await until(async () => (await running(`'${held}'`)) === 0)
    await holder.execute('ROLLBACK')
  })

  it('before it has the whole answer: leaves no transaction that nobody knows the state of', async () => {
    const id = randomUUID()
    const post = (query: string, session: unknown) => {
      const url = `http://${new URL(bridge.url).host}/psdb.v1alpha1.Database/Execute`
      const headers = { authorization: `Basic ${btoa('me:secret')}` }
      return fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, session }) })
    }
    const sessionOf = async (response: Response) =>
      ((await response.json()) as { session: unknown }).session
    const begun = await sessionOf(await post('BEGIN', null))
    const written = await sessionOf(
      await post(`INSERT INTO bridge_held VALUES ('${id}', 1)`, begun),
    )
    // Larger than what the sockets between us hold.
    const rows = `(SELECT 1 ${'UNION ALL SELECT 1 '.repeat(29)}) thirty`
    const response = await post(`SELECT REPEAT('x', 1000000) FROM ${rows}`, written)
    await response.body?.cancel()
    await insertDirectly(id)
    expect(await seen(id)).toBe(7)
  })

  it('outside of a transaction: ends its statement', async () => {
    const { leaving, connection } = leavingClient()
    const mark = randomUUID()
    const sleeping = connection.execute('SELECT SLEEP(60), ?', [mark])
    await until(async () => (await running(mark)) === 1)
    leaving.abort()
    await expect(sleeping).rejects.toThrow()
    await until(async () => (await running(mark)) === 0)
  })

  it('before COMMIT is answered: has committed', async () => {
    const [id, connection] = [randomUUID(), client.connection()]
    await connection.execute('BEGIN')
    await insert(connection, id)
    bridge.faults.set({ dropAfterCommitRate: 1 })
    // No answer is cut short before the transaction is over.
    expect((await connection.execute('SELECT 1 AS one')).size).toBe(1)
    await expect(connection.execute('COMMIT')).rejects.toThrow('fetch failed')
    bridge.faults.clear()
    expect(await seen(id)).toBe(1)
  })
})

describe('many at once', () => {
  it('more transactions than connections, each waiting for a statement outside of it', async () => {
    const ids = Array.from({ length: 80 }, () => randomUUID())
    let arrived = 0
    let open = () => {}
    const full = new Promise<void>((resolve) => {
      open = resolve
    })
    const work = ids.map((id) =>
      client.transaction(async (tx) => {
        await tx.execute('INSERT INTO bridge_held VALUES (?, 1)', [id])
        if (++arrived === 32) open()
        await full
        expect(await client.execute('SELECT 1 AS one')).toHaveProperty('size', 1)
      }),
    )
    await Promise.all(work)
    const { rows } = await client.execute('SELECT COUNT(*) AS n FROM bridge_held WHERE id IN (?)', [
      ids,
    ])
    expect(rows).toEqual([{ n: '80' }])
  })

  it('more refused BEGINs than connections', async () => {
    for (let i = 0; i < 40; i++) {
      await expect(client.execute('START TRANSACTION READ NOTHING')).rejects.toThrow(/errno 1064/)
    }
    await client.transaction((tx) => tx.execute('SELECT 1'))
  })
})

it('keeps no session state, and says so', async () => {
  for (const query of ['SET @x = 1', 'USE mysql', 'LOCK TABLES bridge_held WRITE']) {
    await expect(client.execute(query)).rejects.toThrow(/session state is not kept/)
  }
})
