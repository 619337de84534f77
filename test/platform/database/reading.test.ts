import { expect, it } from 'vitest'
import type { Queryable } from '../../../shared/platform/database/database.ts'
import { type Asked, createPositions } from '../../../shared/platform/database/positions.ts'
import { createReads, readsAt } from '../../../shared/platform/database/reading.ts'
import { type Sql, sql } from '../../../shared/platform/database/sql.ts'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import { RedisClient } from '../../../shared/platform/redis/client.ts'
import { BreakerOpen } from '../../../shared/platform/resilience/breaker.ts'
import { invocation } from '../../../shared/platform/telemetry/invocation.ts'
import { contextOf } from '../../support/context.ts'

const POSITION = 'SELECT position'

/** Two databases that say who they are, and what was asked of them. */
function subject(asked: Asked | 'away' = { caughtUp: true }) {
  let replicaIs: 'well' | 'away' | 'left alone' | 'behind a migration' = 'well'
  let position = 0
  const asks: string[] = []
  const said: [position: number | undefined, away: boolean][] = []
  const named = (name: string): Queryable => ({
    async query<Row>(statement: Sql) {
      asks.push(name)
      if (name === 'replica' && replicaIs === 'away') {
        throw Unavailable.because('database', new Error('away'))
      }
      if (name === 'replica' && replicaIs === 'left alone') throw BreakerOpen.of('replica')
      if (name === 'replica' && replicaIs !== 'well') throw new Error('there is no such table')
      return (statement.sql.startsWith(POSITION) ? [{ position }] : [{ name }]) as Row[]
    },
    async write() {
      asks.push(`write to ${name}`)
      return { rowsAffected: 1, insertId: '0' }
    },
  })
  const reads = createReads({
    primary: named('primary'),
    replica: named('replica'),
    positions: {
      ask: async () => {
        if (asked === 'away') throw Unavailable.because('redis', new Error('away'))
        return asked
      },
      saw: async (...args) => void said.push(args),
    },
  })
  return {
    asks,
    said,
    /** @returns who answered a read of the user */
    read: () =>
      invocation(contextOf(), 'test', 'trace-of-test', async () => {
        const db = await reads.of('1')
        const [row] = await db.query<{ name: string }>(sql`SELECT 1`)
        return row?.name
      }),
    write: async () => (await reads.of('1')).write(sql`UPDATE x SET y = 1`),
    replica: (is: typeof replicaIs) => {
      replicaIs = is
    },
    has: (newest: number) => {
      position = newest
    },
  }
}

it('reads from the replica what it has, and from the primary what it may not have', async () => {
  expect(await subject({ caughtUp: true }).read()).toBe('replica')
  expect(await subject({ caughtUp: false }).read()).toBe('primary')
})

it('reads from the primary while nobody knows: Redis is away', async () => {
  expect(await subject('away').read()).toBe('primary')
})

it('writes to the primary, whatever it reads from', async () => {
  const { write, asks } = subject()
  await write()
  expect(asks).toEqual(['write to primary'])
})

it.each(['away', 'left alone'] as const)(
  'answers from the primary in the same request where the replica is %s',
  async (how) => {
    const { read, replica } = subject()
    replica(how)
    expect(await read()).toBe('primary')
    replica('well')
    expect(await read()).toBe('replica')
  },
)

it('answers from the primary what the replica can not know yet, and goes on with the replica', async () => {
  const { read, replica } = subject()
  replica('behind a migration')
  for (let request = 0; request < 4; request++) expect(await read()).toBe('primary')
  replica('well')
  expect(await read()).toBe('replica')
})

const due = (before: number): Asked => ({ caughtUp: true, beat: { position: 100_000, before } })

it('sends a heartbeat when it is asked to, and says how far the replica is', async () => {
  const { read, asks, said, has } = subject(due(90_000))
  has(80_001)
  expect(await read()).toBe('replica')
  expect(asks).toEqual(['write to primary', 'replica', 'replica'])
  expect(said).toEqual([[80_001, false]])
})

it('has the replica looked at less often while it is far behind or away', async () => {
  const { read, said, has, replica } = subject(due(90_000))
  has(79_999)
  await read()
  replica('away')
  expect(await read()).toBe('primary')
  expect(said).toEqual([
    [79_999, true],
    [undefined, true],
  ])
})

it('asks nobody where there is no replica', async () => {
  const primary = { query: async () => [], write: async () => ({ rowsAffected: 0, insertId: '0' }) }
  expect(await readsAt(primary).of('1')).toBe(primary)
})

it('knows whom it has just marked, whatever Redis says', async () => {
  const nowhere = new RedisClient({ url: 'http://127.0.0.1:9', token: 'x' })
  const { mark, ask } = createPositions(nowhere, 'here')
  await expect(mark(['1'])).rejects.toThrow(Unavailable)
  expect(await ask('1')).toEqual({ caughtUp: false })
  await expect(ask('2')).rejects.toThrow(Unavailable)
})
