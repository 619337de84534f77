import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createDatabase } from '../../../shared/platform/database/database.ts'
import { createSlowLog } from '../../../shared/platform/database/slow.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { invocation } from '../../../shared/platform/telemetry/invocation.ts'
import { setLogLevel } from '../../../shared/platform/telemetry/log.ts'
import { contextOf } from '../../support/context.ts'

const SELECT = 'SELECT id FROM orders\n  WHERE id IN (?, ?, ?) FOR UPDATE'
const ROW = { table: 'orders', type: 'range', key: 'PRIMARY', rows: '3', Extra: 'Using where' }
const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
const run = vi.fn(async (_text: string, _values: unknown[]): Promise<unknown[]> => {
  await setImmediate()
  return [ROW]
})
beforeEach(() => {
  setLogLevel('warn')
  run.mockClear()
})
afterEach(() => {
  written.mockClear()
  setLogLevel('error')
  vi.useRealTimers()
})
const lines = () => written.mock.calls.map(([line]) => JSON.parse(String(line)))
const within = (work: () => void) =>
  invocation(contextOf(), 'GET /api/x', 'trace-0001', async () => work())

describe('a slow statement', () => {
  it('is logged with its shape and plan before the invocation ends, and without values', async () => {
    const slow = createSlowLog(1000, run)
    await within(() => slow(SELECT, ['secret-1', 'secret-2', 'secret-3'], 1234.5))
    expect(lines()).toEqual([
      {
        level: 'warn',
        time: expect.any(String),
        message: 'slow statement',
        traceId: 'trace-0001',
        function: 'test',
        coldStart: expect.any(Boolean),
        route: 'GET /api/x',
        sql: 'SELECT id FROM orders WHERE id IN (?, …) FOR UPDATE',
        durationMs: 1235,
        plan: 'orders: range PRIMARY, 3 rows, Using where',
      },
    ])
    expect(String(written.mock.calls)).not.toContain('secret')
    expect(run).toHaveBeenCalledWith(
      // Without the lock, for which the transaction that asked would wait.
      'EXPLAIN SELECT id FROM orders\n  WHERE id IN (?, ?, ?)',
      ['secret-1', 'secret-2', 'secret-3'],
    )
  })

  it('is none below the setting', async () => {
    const slow = createSlowLog(1000, run)
    await within(() => slow(SELECT, [], 999))
    expect(lines()).toEqual([])
    expect(run).not.toHaveBeenCalled()
  })

  it('is explained once a minute, whatever its values, and logged each time', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const slow = createSlowLog(0, run)
    await within(() => {
      slow('SELECT ? , (?, ?)', [1, 2, 3], 1)
      slow('SELECT ? , (?, ?, ?)', [1, 2, 3, 4], 1)
    })
    expect(run).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(60_000)
    await within(() => slow('SELECT ? , (?, ?)', [1, 2, 3], 1))
    expect(run).toHaveBeenCalledTimes(2)
    expect(lines()).toHaveLength(3)
  })

  it('is not explained where it writes', async () => {
    const slow = createSlowLog(0, run)
    await within(() => slow('UPDATE orders SET state = ? WHERE id = ?', ['paid', 'x'], 1))
    expect(run).not.toHaveBeenCalled()
    expect(lines()).toHaveLength(1)
  })

  it('is told of also where the database gives no plan', async () => {
    run.mockRejectedValueOnce(new Error('away'))
    const slow = createSlowLog(0, run)
    await within(() => slow(SELECT, [], 1))
    expect(lines()).toHaveLength(1)
    expect(lines()[0]).not.toHaveProperty('plan')
  })
  it('keeps no invocation beyond its deadline where the database does not explain it', async () => {
    const server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      if (!body.includes('EXPLAIN')) response.end('{"session":{},"result":{}}')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const database = createDatabase(`http://u:p@127.0.0.1:${port}/x`, { slowMillis: 0 })
    // Less is left than a plan may take.
    await invocation(contextOf(400), 'GET /api/x', 'trace-0001', () =>
      database.query(sql`SELECT 1`),
    )
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
    expect(lines()).toMatchObject([{ sql: 'SELECT 1' }])
    expect(lines()[0]).not.toHaveProperty('plan')
  })
})
