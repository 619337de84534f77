import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { startPlanetscaleBridge } from '../../local/bridges/planetscale.ts'
import { startScratchDatabase } from '../../local/engines/database.ts'
import {
  describeGroup,
  grouped,
  readSlowLog,
  readThreshold,
  setThreshold,
} from '../../local/lib/slow-log.ts'
import { createDatabase, type Database } from '../../shared/platform/database/database.ts'
import { sql } from '../../shared/platform/database/sql.ts'
import { invocation } from '../../shared/platform/telemetry/invocation.ts'
import { contextOf } from '../support/context.ts'

let url: string
let database: Database
beforeAll(async () => {
  const dir = mkdtempSync(join(tmpdir(), 'minimall-slow-'))
  const server = await startScratchDatabase({ dir })
  url = server.url.replace('//root:', '//minimall:')
  const bridge = await startPlanetscaleBridge({ mysqlUrl: url, username: 'u', password: 'p' })
  database = createDatabase(bridge.url)
  return async () => {
    await bridge.stop()
    await server.stop()
    rmSync(dir, { recursive: true, force: true })
  }
})

const ask = (route: string, name: string) =>
  invocation(contextOf(), route, 'trace-0001', () =>
    database.query(sql`SELECT n FROM notes WHERE name = ${name}`),
  )

describe('the slow log', () => {
  it('shows statements by shape, with their routes and without their values', async () => {
    await database.write(sql`CREATE TABLE notes (n INT, name VARCHAR(20))`)
    await database.write(sql`INSERT INTO notes VALUES (1, 'a'), (2, 'b'), (3, 'c')`)
    await ask('GET /api/fast', 'fast')
    expect(await readThreshold(url)).toBe(1)
    expect(await readSlowLog('primary', url)).toEqual([])

    // Also on connections that were there before.
    await setThreshold(url, 0)
    await ask('GET /api/notes/{id}', 'secret-1')
    await ask('GET /api/notes/{id}', 'secret-2')
    await ask('queue notes', 'secret-3')
    await database.transaction((tx) => tx.write(sql`DELETE FROM notes WHERE n = 1`))

    const groups = grouped(await readSlowLog('primary', url))
    const group = groups.find(({ shape }) => shape.startsWith('SELECT'))
    expect(group).toMatchObject({
      shape: 'SELECT n FROM notes WHERE name = ?',
      count: 3,
      examined: 9,
      servers: new Set(['primary']),
      routes: new Map([
        ['GET /api/notes/{id}', 2],
        ['queue notes', 1],
      ]),
    })
    expect(groups.map(({ shape }) => shape)).toContain('DELETE FROM notes WHERE n = ?')
    expect(groups.map(describeGroup).join()).not.toContain('secret')

    await setThreshold(url, 1)
    const before = (await readSlowLog('primary', url)).length
    await ask('GET /api/fast', 'fast')
    expect(await readSlowLog('primary', url)).toHaveLength(before)
    expect(await readSlowLog('primary', url, 0)).toEqual([])
  })

  it('is told with what took most time first', () => {
    const entry = { server: 'primary', examined: 10 }
    const groups = grouped([
      { ...entry, sql: 'SELECT 1', seconds: 1 },
      { ...entry, sql: "SELECT a FROM t WHERE b = 2 /*route='GET%20%2Fa'*/", seconds: 0.5 },
      { ...entry, sql: "SELECT a FROM t WHERE b = 3 /*route='GET%20%2Fa'*/", seconds: 1.5 },
    ])
    expect(groups.map(describeGroup)).toEqual([
      '2.000 s in 2: average 1.000 s, longest 1.500 s, 10 rows examined each, primary\n  GET /a ×2\n  SELECT a FROM t WHERE b = ?',
      '1.000 s in 1: average 1.000 s, longest 1.000 s, 10 rows examined each, primary\n  no route ×1\n  SELECT ?',
    ])
  })
})
