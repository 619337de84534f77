import { settings } from '../config/index.ts'
import { once } from '../config/once.ts'
import { BreakerOpen } from '../resilience/breaker.ts'
import { breakerOf } from '../resilience/upstreams.ts'
import { describeError, log } from '../telemetry/log.ts'
import { alongside } from '../telemetry/scope.ts'
import { createDatabase, database, type Queryable } from './database.ts'
import { readHeartbeat, writeHeartbeat } from './heartbeat.ts'
import { FRESH_MILLIS, type Positions, positions } from './positions.ts'
import type { Sql } from './sql.ts'

/**
 * Where to read what is only shown. What a write depends on, and what fills a cache, is read from the
 * primary.
 */
export type Reads = {
  /**
   * Ask after reading anything in Redis that the answer goes with, a hold for instance: what has left
   * Redis by then is found.
   * @returns the replica where it has all that this user was told was done, else the primary; what is
   *   everybody's may be some seconds old there. Each use is for one request
   */
  of(userId: string): Promise<Queryable>
}

export type ReadDeps = {
  primary: Queryable
  replica: Queryable
  positions: Pick<Positions, 'ask' | 'saw'>
}

/** Reads from a replica. Reading twice does no harm: what it can't answer in time the primary does. */
export function createReads({ primary, replica, positions }: ReadDeps): Reads {
  const replicaFirst: Queryable = {
    write: primary.write,
    async query<Row>(statement: Sql) {
      try {
        return await replica.query<Row>(statement)
      } catch (error) {
        if (!(error instanceof BreakerOpen)) {
          log.warn('read from the primary: the replica failed', { error: describeError(error) })
        }
        return primary.query<Row>(statement)
      }
    },
  }

  async function look(before: number): Promise<void> {
    try {
      const position = await readHeartbeat(replica)
      const behindMs = before - position
      const late = behindMs > FRESH_MILLIS
      if (late) log.warn('the replica is far behind', { behindMs })
      await positions.saw(position, late)
    } catch (error) {
      log.warn('the replica is away', { error: describeError(error) })
      await positions.saw(undefined, true)
    }
  }

  /** Both at once: a heartbeat is seen by a later look. */
  async function tend({ position, before }: { position: number; before: number }): Promise<void> {
    const results = await Promise.allSettled([writeHeartbeat(primary, position), look(before)])
    for (const result of results) {
      if (result.status === 'fulfilled') continue
      log.warn('no heartbeat for the replica', { error: describeError(result.reason) })
    }
  }

  return {
    async of(userId) {
      try {
        const { caughtUp, beat } = await positions.ask(userId)
        if (beat !== undefined) alongside(tend(beat))
        return caughtUp ? replicaFirst : primary
      } catch (error) {
        log.warn('read from the primary: marks not read', { error: describeError(error) })
        return primary
      }
    },
  }
}

/** Reads where there is no replica. */
export const readsAt = (db: Queryable): Reads => ({ of: async () => db })

/** Longest wait for the replica, a fifth of what a statement may take: the primary still has its time. */
const REPLICA_MILLIS = 1_000

/** The container's reads; all from the primary where no replica is set. */
export const reads = /* @__PURE__ */ once(() => {
  const { DATABASE_REPLICA_URL, SLOW_QUERY_MS } = settings()
  if (DATABASE_REPLICA_URL === undefined) return readsAt(database())
  const breaker = breakerOf('database replica')
  const limits = { slowMillis: SLOW_QUERY_MS, statementMillis: REPLICA_MILLIS, breaker }
  return createReads({
    primary: database(),
    replica: createDatabase(DATABASE_REPLICA_URL, limits),
    positions: positions(),
  })
})
