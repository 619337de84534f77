import { describe, expect, it, vi } from 'vitest'
import type { Database } from '../../../shared/platform/database/database.ts'
import { keptFor, readHealth } from '../../../shared/platform/health/health.ts'
import type { RedisClient } from '../../../shared/platform/redis/client.ts'
import { callDeadline } from '../../../shared/platform/telemetry/scope.ts'

type Way = 'well' | 'gone' | 'hung'

/** A call that has its own, far longer, limit, as all clients have. */
const hung = () =>
  new Promise<never>((_, reject) => {
    const signal = callDeadline(60_000)
    signal.addEventListener('abort', () => reject(signal.reason))
  })
const gone = () => Promise.reject(new Error('connect ECONNREFUSED'))
const answering = <T>(way: Way, answer: T) => ({ well: async () => answer, gone, hung })[way]

const databaseThat = (way: Way) =>
  ({ query: answering(way, [{ position: '1' }]) }) as unknown as Database
const redisThat = (way: Way) => ({ ping: answering(way, 'PONG') }) as unknown as RedisClient
const MILLIS = 20

describe('readiness', () => {
  // The queue is gone in all of them: nothing listens where these tests have SQS.
  it.each([
    ['well', 'well', 'degraded'],
    ['well', 'gone', 'degraded'],
    ['well', 'hung', 'degraded'],
    ['gone', 'well', 'down'],
    ['hung', 'well', 'down'],
    ['hung', 'hung', 'down'],
  ] as const)('with a database that is %s, and Redis %s, is %s', async (db, cache, status) => {
    const database = databaseThat(db)
    const deps = { database, replica: database, redis: redisThat(cache) }
    expect(await readHealth(deps, MILLIS)).toMatchObject({
      status,
      checks: { database: { ok: db === 'well' }, redis: { ok: cache === 'well' } },
    })
  })

  it.each(['gone', 'hung'] as const)('only suffers from a replica that is %s', async (way) => {
    const deps = { database: databaseThat('well'), redis: redisThat('well') }
    const health = await readHealth({ ...deps, replica: databaseThat(way) }, MILLIS)
    expect([health.status, health.checks.replica?.ok]).toEqual(['degraded', false])
  })

  it('looks at the replica also where the primary hangs', async () => {
    const deps = { database: databaseThat('hung'), redis: redisThat('well') }
    const { checks } = await readHealth({ ...deps, replica: databaseThat('well') }, MILLIS)
    expect(checks).toMatchObject({ database: { ok: false }, replica: { ok: true } })
  })
})

describe('what is kept for a second', () => {
  it('is read once for all who ask, and again when it is older', async () => {
    let now = 0
    const landings: ((value: number) => void)[] = []
    const read = vi.fn(() => new Promise<number>((resolve) => landings.push(resolve)))
    const kept = keptFor(read, 1_000, () => now)
    const asked = [kept(), kept(), kept()]
    // However long the reading takes.
    now = 5_000
    asked.push(kept())
    landings[0]?.(1)
    expect(await Promise.all(asked)).toEqual([1, 1, 1, 1])
    now = 5_999
    expect([await kept(), read.mock.calls.length]).toEqual([1, 1])
    now = 6_000
    const next = kept()
    landings[1]?.(2)
    expect([await next, read.mock.calls.length]).toEqual([2, 2])
  })

  it('is no failure', async () => {
    const read = vi.fn().mockRejectedValueOnce(new Error('x')).mockResolvedValue(1)
    const kept = keptFor(read)
    await expect(kept()).rejects.toThrow('x')
    expect(await kept()).toBe(1)
  })
})
