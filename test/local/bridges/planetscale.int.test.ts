import { randomUUID } from 'node:crypto'
import { Client, DatabaseError } from '@planetscale/database'
import fc from 'fast-check'
import mysql from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { startPlanetscaleBridge } from '../../../local/bridges/planetscale.ts'
import type { Bridge } from '../../../local/bridges/server.ts'

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
      e: 'ENUM',
    })
    const { rows: nulls } = await client.execute(
      'SELECT NULL AS a, COUNT(*) AS c, SUM(n) AS s FROM bridge_types WHERE id = ?',
      [insertId],
    )
    expect(nulls).toEqual([{ a: null, c: '1', s: '-5' }])
  })

  it('carries 64-bit ids, and every other type of column', async () => {
    await direct.query(`CREATE TABLE bridge_more (
      id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, m MEDIUMINT, tu TINYINT UNSIGNED, nu INT UNSIGNED,
      r FLOAT, bits BIT(10), du TIME(3), ts TIMESTAMP(3) NULL, y YEAR, s SET('x','y'), c CHAR(3),
      bb BLOB, lt LONGTEXT, fixed BINARY(3), bin VARCHAR(9) COLLATE utf8mb4_bin) CHARSET utf8mb4`)
    await direct.query('ALTER TABLE bridge_more AUTO_INCREMENT = 9007199254740993')
    const odd = await client.execute('INSERT INTO bridge_more (m) VALUES (1)')
    expect(odd.insertId).toBe('9007199254740993')
    await direct.query('ALTER TABLE bridge_more AUTO_INCREMENT = 18446744073709551610')
    const { insertId } = await client.execute(
      `INSERT INTO bridge_more (m, tu, nu, r, bits, du, ts, y, s, c, bb, lt, fixed, bin) VALUES
       (-8388608, 255, 4294967295, 0.5, b'1000000001', '-100:00:00.250', '2026-11-24 08:30:00.120',
        2026, 'x,y', '杯', x'c3', '{"not":"json"}', x'01', 'Ä')`,
    )
    expect(insertId).toBe('18446744073709551610')
    const { rows, types } = await client.execute('SELECT * FROM bridge_more WHERE id = ?', [
      insertId,
    ])
    await direct.query('DROP TABLE bridge_more')
    expect(rows).toEqual([
      {
        id: insertId,
        m: -8388608,
        tu: 255,
        nu: 4294967295,
        r: 0.5,
        bits: new Uint8Array([2, 1]),
        du: '-100:00:00.250',
        ts: '2026-11-24 08:30:00.120',
        y: 2026,
        s: 'x,y',
        c: '杯',
        bb: new Uint8Array([0xc3]),
        lt: '{"not":"json"}',
        fixed: new Uint8Array([1, 0, 0]),
        bin: 'Ä',
      },
    ])
    expect(types).toEqual({
      ...{ id: 'UINT64', m: 'INT24', tu: 'UINT8', nu: 'UINT32', r: 'FLOAT32', bits: 'BIT' },
      ...{ du: 'TIME', ts: 'TIMESTAMP', y: 'YEAR', s: 'SET', c: 'CHAR', bb: 'BLOB', lt: 'TEXT' },
      ...{ fixed: 'BINARY', bin: 'VARBINARY' },
    })
  })

  it('gives what no column holds as MySQL 8 does: integers as BIGINT, JSON as JSON', async () => {
    const { rows } = await client.execute(
      `SELECT 1 AS one, EXISTS(SELECT 1) AS found, 1.50 AS price, '' AS empty, NULL AS nothing,
         JSON_OBJECT('a', '杯') AS object, NOW() > '2020-01-01' AS later`,
    )
    expect(rows).toEqual([
      {
        ...{ one: '1', found: '1', price: '1.50', empty: '', nothing: null },
        ...{ object: { a: '杯' }, later: '1' },
      },
    ])
    const twice = await client.execute('SELECT 1 AS a, 2 AS a', null, { as: 'array' })
    expect(twice.rows).toEqual([['1', '2']])
    const none = await client.execute('SELECT id, n FROM bridge_types WHERE 1 = 0')
    expect([none.rows, none.headers]).toEqual([[], ['id', 'n']])
  })

  it('keeps every digit of any number', async () => {
    const signed = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    const unsigned = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
    const double = fc.double({ noNaN: true, noDefaultInfinity: true })
    await fc.assert(
      fc.asyncProperty(
        fc.record({ big: signed, ubig: unsigned, f: double, cents: signed, n: fc.integer() }),
        async ({ big, ubig, f, cents, n }) => {
          const price = `${cents / 10_000n}.${String(cents % 10_000n)
            .replace('-', '')
            .padStart(4, '0')}`
          const { insertId } = await client.execute(
            'INSERT INTO bridge_types (big, ubig, f, price, n) VALUES (?, ?, ?, ?, ?)',
            [big, ubig, f, price, n],
          )
          const { rows } = await client.execute(
            'SELECT big, ubig, f, price, n FROM bridge_types WHERE id = ?',
            [insertId],
          )
          // MySQL knows no negative zero.
          expect(rows).toEqual([{ big: `${big}`, ubig: `${ubig}`, f: f + 0, price, n }])
        },
      ),
      { numRuns: 60 },
    )
  })

  it('carries large values, and no more than 100,000 rows', async () => {
    const large = '杯☕'.repeat(500_000)
    const { rows } = await client.execute('SELECT ? AS large', [large])
    expect((rows as { large: string }[])[0]?.large === large).toBe(true)
    const ten = `(SELECT 1 ${'UNION ALL SELECT 1 '.repeat(9)})`
    const powers = (from: string) => client.execute(`SELECT 1 FROM ${from}`)
    const most = `${ten} a, ${ten} b, ${ten} c, ${ten} d, ${ten} e`
    expect((await powers(most)).size).toBe(100_000)
    await expect(powers(`${most}, (SELECT 1 UNION ALL SELECT 1) f`)).rejects.toThrow(
      /Row count exceeded 100000/,
    )
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
