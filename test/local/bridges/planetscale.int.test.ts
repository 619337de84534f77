import { randomUUID } from 'node:crypto'
import { Client, DatabaseError } from '@planetscale/database'
import fc from 'fast-check'
import mysql from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { startPlanetscaleBridge } from '../../../local/bridges/planetscale.ts'
import type { Bridge } from '../../../local/bridges/upstash.ts'
import {
  createDatabase,
  type Database,
  type Queryable,
} from '../../../shared/platform/database/database.ts'
import { isDuplicate, OutcomeUnknown } from '../../../shared/platform/database/errors.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'

let bridge: Bridge
let client: Client
let direct: mysql.Connection

beforeAll(async () => {
  const mysqlUrl = inject('endpoints').mysqlUrl ?? ''
  bridge = await startPlanetscaleBridge({ mysqlUrl, username: 'me', password: 'secret' })
  client = new Client({ url: bridge.url })
  direct = await mysql.createConnection(mysqlUrl)
  await direct.query(`CREATE TABLE IF NOT EXISTS bridge_types (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, tiny TINYINT, small SMALLINT UNSIGNED, n INT, big BIGINT,
    ubig BIGINT UNSIGNED, price DECIMAL(20,4), f DOUBLE, s VARCHAR(300), t TEXT, b VARBINARY(300), j JSON,
    at DATETIME(3), d DATE, e ENUM('a','b')) CHARSET utf8mb4`)
  await direct.query(
    'CREATE TABLE IF NOT EXISTS bridge_tx (id VARCHAR(64) PRIMARY KEY, n INT NOT NULL)',
  )
})
afterAll(async () => {
  // First, because it ends the transactions that the tests left open.
  await bridge.stop()
  await direct.query('DROP TABLE bridge_types, bridge_tx')
  await direct.end()
})

const countOf = async (id: string) => {
  const [rows] = await direct.query<mysql.RowDataPacket[]>('SELECT n FROM bridge_tx WHERE id = ?', [
    id,
  ])
  return rows[0]?.n as number | undefined
}

describe('the PlanetScale bridge, to the real driver', () => {
  it('carries every type without losing a digit', async () => {
    const { insertId, rowsAffected } = await client.execute(
      `INSERT INTO bridge_types (tiny, small, n, big, ubig, price, f, s, t, b, j, at, d, e)
       VALUES (-1, 65535, -5, -9223372036854775808, 18446744073709551615, 1234567890123456.7891, 0.1,
         '杯 ☕', '', x'00ff10', '{"a":[1,"杯"]}', '2026-11-24 08:30:00.123', '2026-11-24', 'b')`,
    )
    expect(rowsAffected).toBe(1)
    const { rows, fields } = await client.execute('SELECT * FROM bridge_types WHERE id = ?', [
      insertId,
    ])
    expect(rows).toEqual([
      {
        id: insertId,
        tiny: -1,
        small: 65535,
        n: -5,
        big: '-9223372036854775808',
        ubig: '18446744073709551615',
        price: '1234567890123456.7891',
        f: 0.1,
        s: '杯 ☕',
        t: '',
        b: new Uint8Array([0, 255, 16]),
        j: { a: [1, '杯'] },
        at: '2026-11-24 08:30:00.123',
        d: '2026-11-24',
        e: 'b',
      },
    ])
    const types = Object.fromEntries(fields.map(({ name, type }) => [name, type]))
    expect(types).toMatchObject({
      id: 'UINT64',
      tiny: 'INT8',
      small: 'UINT16',
      n: 'INT32',
      big: 'INT64',
      price: 'DECIMAL',
      f: 'FLOAT64',
      s: 'VARCHAR',
      t: 'TEXT',
      b: 'VARBINARY',
      j: 'JSON',
      at: 'DATETIME',
    })
    const { rows: nulls } = await client.execute(
      'SELECT NULL AS a, COUNT(*) AS c, SUM(n) AS s FROM bridge_types WHERE id = ?',
      [insertId],
    )
    expect(nulls).toEqual([{ a: null, c: '1', s: '-5' }])
  })

  it('carries any text and any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.uint8Array({ maxLength: 60 }),
        async (text, bytes) => {
          const { insertId } = await client.execute(
            'INSERT INTO bridge_types (s, b) VALUES (?, ?)',
            [text, bytes],
          )
          const { rows } = await client.execute('SELECT s, b FROM bridge_types WHERE id = ?', [
            insertId,
          ])
          expect(rows).toEqual([{ s: text, b: new Uint8Array(bytes) }])
        },
      ),
      {
        numRuns: 60,
        examples: [
          ["'; DROP TABLE x; --", new Uint8Array()],
          ['\\', new Uint8Array([0])],
        ],
      },
    )
  })

  it('counts the rows that an UPDATE matches, as Vitess does', async () => {
    const id = randomUUID()
    await client.execute('INSERT INTO bridge_tx VALUES (?, 1)', [id])
    expect(
      (await client.execute('UPDATE bridge_tx SET n = 1 WHERE id = ?', [id])).rowsAffected,
    ).toBe(1)
    expect(
      (await client.execute('UPDATE bridge_tx SET n = 1 WHERE id = ?', ['nobody'])).rowsAffected,
    ).toBe(0)
  })

  it('keeps a transaction to itself until it commits, and takes it back when it fails', async () => {
    const id = randomUUID()
    await client.transaction(async (tx) => {
      await tx.execute('INSERT INTO bridge_tx VALUES (?, 1)', [id])
      expect(await countOf(id)).toBeUndefined()
      await tx.execute('UPDATE bridge_tx SET n = n + 1 WHERE id = ?', [id])
    })
    expect(await countOf(id)).toBe(2)
    const failing = client.transaction(async (tx) => {
      await tx.execute('UPDATE bridge_tx SET n = 99 WHERE id = ?', [id])
      await tx.execute('INSERT INTO bridge_tx VALUES (?, 1)', [id])
    })
    await expect(failing).rejects.toThrow(/errno 1062.*sqlstate 23000/)
    expect(await countOf(id)).toBe(2)
  })

  it('takes a transaction back when its client goes away in the middle of a statement', async () => {
    const id = randomUUID()
    const leaving = new AbortController()
    const connection = new Client({
      url: bridge.url,
      fetch: (url, init) => fetch(url, { ...(init as RequestInit), signal: leaving.signal }),
    }).connection()
    await connection.execute('BEGIN')
    await connection.execute('INSERT INTO bridge_tx VALUES (?, 1)', [id])
    const sleeping = connection.execute('SELECT SLEEP(20)')
    setTimeout(() => leaving.abort(), 100)
    await expect(sleeping).rejects.toThrow()
    // The row's lock is free again at once, not when the sleep is over.
    const started = performance.now()
    await direct.query('INSERT INTO bridge_tx VALUES (?, 7)', [id])
    expect(performance.now() - started).toBeLessThan(5_000)
    expect(await countOf(id)).toBe(7)
  })

  it('refuses a wrong password, and says what MySQL said', async () => {
    const stranger = new Client({ url: bridge.url.replace('secret', 'wrong') })
    await expect(stranger.execute('SELECT 1')).rejects.toThrow(DatabaseError)
    await expect(client.execute('SELECT nothing FROM nowhere')).rejects.toThrow(/errno 1146/)
  })
})

describe('the database helper', () => {
  let database: Database
  beforeAll(() => {
    database = createDatabase(bridge.url)
  })
  const add = (tx: Queryable, id: string) => tx.write(sql`INSERT INTO bridge_tx VALUES (${id}, 1)`)

  it('gives dates back as dates, in UTC', async () => {
    const at = new Date('2026-11-24T08:30:00.123Z')
    const { insertId } = await database.write(sql`INSERT INTO bridge_types (at) VALUES (${at})`)
    expect(await database.query(sql`SELECT at FROM bridge_types WHERE id = ${insertId}`)).toEqual([
      { at },
    ])
  })

  it('throws what the work threw, and knows duplicates', async () => {
    const id = randomUUID()
    await database.transaction((tx) => add(tx, id))
    const again = await database.transaction((tx) => add(tx, id)).catch((error: unknown) => error)
    expect(isDuplicate(again)).toBe(true)
    expect(JSON.stringify(again) + String(again)).not.toContain(id)
    const mine = new Error('mine')
    await expect(database.transaction(() => Promise.reject(mine))).rejects.toBe(mine)
  })

  it('keeps the first error when the rollback fails too', async () => {
    const mine = new Error('mine')
    const failing = database.transaction(async (tx) => {
      await add(tx, randomUUID())
      bridge.faults.set({ errorRate: 1 })
      throw mine
    })
    await expect(failing).rejects.toBe(mine)
    bridge.faults.clear()
  })

  it('does not pretend to know whether a COMMIT without an answer happened', async () => {
    const work = database.transaction(async (tx) => {
      await add(tx, randomUUID())
      bridge.faults.set({ errorRate: 1 })
    })
    await expect(work).rejects.toThrow(OutcomeUnknown)
    bridge.faults.clear()
  })

  it('runs a deadlocked transaction again', async () => {
    const [a, b] = [randomUUID(), randomUUID()]
    await database.transaction(async (tx) => {
      await add(tx, a)
      await add(tx, b)
    })
    let arrived = 0
    let open = () => {}
    const both = new Promise<void>((resolve) => {
      open = resolve
    })
    const bump = (tx: Queryable, id: string) =>
      tx.write(sql`UPDATE bridge_tx SET n = n + 1 WHERE id = ${id}`)
    const crossing = (first: string, second: string) =>
      database.transaction(async (tx) => {
        await bump(tx, first)
        if (++arrived === 2) open()
        await both
        await bump(tx, second)
      })
    await Promise.all([crossing(a, b), crossing(b, a)])
    expect(arrived).toBe(3)
    expect([await countOf(a), await countOf(b)]).toEqual([3, 3])
  })

  it('is Unavailable when nobody answers', async () => {
    const nowhere = createDatabase('http://u:p@127.0.0.1:9/x')
    await expect(nowhere.query(sql`SELECT 1`)).rejects.toThrow(Unavailable)
    bridge.faults.set({ errorRate: 1 })
    await expect(database.query(sql`SELECT 1`)).rejects.toThrow(Unavailable)
    bridge.faults.clear()
  })
})
