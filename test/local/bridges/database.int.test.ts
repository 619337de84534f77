import { randomUUID } from 'node:crypto'
import mysql from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { startPlanetscaleBridge } from '../../../local/bridges/planetscale.ts'
import type { Bridge } from '../../../local/bridges/server.ts'
import {
  createDatabase,
  type Database,
  type Queryable,
} from '../../../shared/platform/database/database.ts'
import { isDuplicate, OutcomeUnknown } from '../../../shared/platform/database/errors.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'

let bridge: Bridge
let database: Database
let direct: mysql.Connection

beforeAll(async () => {
  const mysqlUrl = inject('endpoints').mysqlUrl ?? ''
  bridge = await startPlanetscaleBridge({ mysqlUrl, username: 'me', password: 'secret' })
  database = createDatabase(bridge.url)
  direct = await mysql.createConnection(mysqlUrl)
  await direct.query('CREATE TABLE helper_rows (id VARCHAR(64) PRIMARY KEY, n INT NOT NULL)')
  await direct.query(
    'CREATE TABLE helper_times (id INT AUTO_INCREMENT PRIMARY KEY, at DATETIME(3))',
  )
})
afterAll(async () => {
  // First, because it ends the transactions that the tests left open.
  await bridge.stop()
  await direct.query('DROP TABLE helper_rows, helper_times')
  await direct.end()
})

const countOf = async (id: string) => {
  const [rows] = await direct.query<mysql.RowDataPacket[]>(
    'SELECT n FROM helper_rows WHERE id = ?',
    [id],
  )
  return rows[0]?.n as number | undefined
}

describe('the database helper', () => {
  const add = (tx: Queryable, id: string) =>
    tx.write(sql`INSERT INTO helper_rows VALUES (${id}, 1)`)

  it('says once and after the commit whose things were changed', async () => {
    const marked: string[][] = []
    const id = randomUUID()
    const marking = createDatabase(bridge.url, {
      mark: async (ownerIds) => {
        expect(await countOf(id)).toBeDefined()
        marked.push([...ownerIds])
      },
    })
    const write = (db: Queryable, ...owners: string[]) =>
      db.write(
        sql`INSERT INTO helper_rows VALUES (${id}, 1) ON DUPLICATE KEY UPDATE n = n + 1`,
        owners,
      )
    await marking.transaction(async (tx) => {
      await write(tx, '1')
      await write(tx, '2', '1')
    })
    await write(marking, '3')
    await write(marking)
    await marking.query(sql`SELECT n FROM helper_rows`)
    const undone = marking.transaction(async (tx) => {
      await write(tx, '4')
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')
    expect(marked).toEqual([['1', '2'], ['3']])
  })

  it('has written what it can not mark', async () => {
    const id = randomUUID()
    const unmarking = createDatabase(bridge.url, {
      mark: () => Promise.reject(Unavailable.because('redis', new Error('away'))),
    })
    await unmarking.transaction((tx) =>
      tx.write(sql`INSERT INTO helper_rows VALUES (${id}, 1)`, ['1']),
    )
    expect(await countOf(id)).toBe(1)
  })

  it('gives dates back as dates, in UTC', async () => {
    const at = new Date('2026-11-24T08:30:00.123Z')
    const { insertId } = await database.write(sql`INSERT INTO helper_times (at) VALUES (${at})`)
    expect(await database.query(sql`SELECT at FROM helper_times WHERE id = ${insertId}`)).toEqual([
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
      tx.write(sql`UPDATE helper_rows SET n = n + 1 WHERE id = ${id}`)
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
