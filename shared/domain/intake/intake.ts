import { ulid } from 'ulid'
import type { Database, Queryable } from '../../platform/database/database.ts'
import { STATE } from '../../platform/database/positions.ts'
import { isOutage } from '../../platform/errors/api-error.ts'
import type { RedisClient } from '../../platform/redis/client.ts'
import { script } from '../../platform/redis/script.ts'
import { describeError, log } from '../../platform/telemetry/log.ts'
import { outOfTime as invocationIsOver } from '../../platform/telemetry/scope.ts'
import { LEASE_MILLIS } from './keys.ts'
import { createRebuild } from './rebuild.ts'
import {
  hasOrders,
  holdDatabaseWay,
  type IntakeRow,
  leaveRedis,
  readIntake,
  renewIntake,
  returnToRedis,
} from './repository.ts'
import { ADOPT, BEGIN, END, giveLeaseScript, lookScript } from './scripts.ts'

/**
 * After leaving Redis, what it had accepted goes to the database first; but not for longer than this: what
 * a stock job had that was killed is seen again after 180 s, and what fails again and again is not waited for.
 */
const DRAIN_MILLIS = 200_000
/** Between two looks whether that is done, in milliseconds. */
const DRAINING_MILLIS = 250
/** Until a lease is asked for again of which the database has not answered, in milliseconds. */
const UNKNOWN_MILLIS = 50
/** SQS may count for a minute what is not there any more, and not what is: lost holds are in its queue. */
const QUIET_MILLIS = 60_000
/** For how long keys that Redis does not know are looked for in the database, after it was away. */
const UNSURE_SECONDS = 3_600
/** Longest time for bringing Redis up, in milliseconds: the clock's, whose function ends by then, and an order's. */
const RECOVER_MILLIS = { clock: 60_000, order: 1_000 }
/** What comes on top until nobody is at it any more: coming back waits for who writes orders directly. */
const RETURN_MILLIS = 10_000

/** Leave to take orders in Redis: the epoch, and Redis's time before the database was asked. */
export type Grant = { epoch: string; asked: number }

/** Where an order is to go: to Redis, to the database, or to ask again after some milliseconds. */
export type Next =
  | { way: 'redis'; grant: Grant }
  | { way: 'database' }
  | { way: 'wait'; millis: number }

/** What Redis says where it has no lease: its time, and the epoch whose data it holds or ''. */
export type Untrusted = { asked: number; epoch: string }

export type IntakeDeps = {
  database: Database
  redis: RedisClient
  /** Whether all accepted orders are written that something else than Redis knows of. */
  drained(): Promise<boolean>
  /** Ends holds on which the database has decided meanwhile, while there is time. */
  settleUnsettled(outOfTime: () => boolean): Promise<void>
  /** How long that must be, after Redis lost its data. */
  quietMillis?: number
}

const EPOCH_FORM = /^\d+$/

/**
 * Decides which way orders are taken. Redis takes orders only under a lease that comes from the
 * database's row; the row is changed only where no lease can be left; and whoever writes an order
 * directly holds the row as it is. So both never take orders at once, whoever sees whom.
 * docs/decisions/0029-orders-without-redis.md
 */
export function createIntake(deps: IntakeDeps) {
  const { database, redis, quietMillis = QUIET_MILLIS } = deps
  const giveLease = script<number>(redis, giveLeaseScript())
  const look = script<[now: number, epoch: string, leased: number]>(redis, lookScript())
  const begin = script<number>(redis, BEGIN)
  const end = script<number>(redis, END)
  const adopt = script<number>(redis, ADOPT)
  const rebuild = createRebuild({ database, redis })

  /** Redis has all that it had when it was left, or all of it again. */
  async function adoptEpoch(epoch: string, found: string, hasOrdered = true): Promise<boolean> {
    if (!(await returnToRedis(database, epoch))) return false
    const unsure = hasOrdered ? UNSURE_SECONDS : 0
    // Lost again since it was looked at: the next order finds an epoch that is not the row's.
    if ((await adopt([STATE], [found, epoch, unsure])) === 0) return false
    log.info('orders go to Redis again', { epoch })
    return true
  }

  /** @returns whether orders may go to Redis again */
  async function recover(
    { epoch, ageMillis, leased }: IntakeRow,
    found: string,
    by: 'order' | 'clock',
  ): Promise<boolean> {
    const until = performance.now() + RECOVER_MILLIS[by]
    const outOfTime = () => performance.now() > until || invocationIsOver()
    if (found === String(BigInt(epoch) - 1n)) {
      await deps.settleUnsettled(outOfTime)
      return adoptEpoch(epoch, found)
    }
    // Holds are lost. What they held is in the queue, and counts once the database has it.
    const hasOrdered = leased || (await hasOrders(database))
    if (hasOrdered && (ageMillis < quietMillis || !(await deps.drained()))) return false
    const name = `rebuilding:${ulid()}`
    // What an order has no time for the clock's run does.
    const instead = by === 'clock' ? 'instead' : ''
    if ((await begin([], [name, RECOVER_MILLIS[by] + RETURN_MILLIS, instead])) === 0) return false
    try {
      return (await rebuild(outOfTime)) && (await adoptEpoch(epoch, name, hasOrdered))
    } finally {
      await end([], [name])
    }
  }

  /** Orders that Redis took are to be in the database before others take their units. */
  async function whenDrained({ ageMillis }: IntakeRow): Promise<Next> {
    if (ageMillis >= DRAIN_MILLIS || (await deps.drained().catch(() => false))) {
      return { way: 'database' }
    }
    return { way: 'wait', millis: DRAINING_MILLIS }
  }

  /**
   * Whether a lease is written down, or undefined without an answer. One call without an answer is no proof
   * that the database is away: it is asked, and once more, what the way is.
   */
  async function renewed(epoch: string): Promise<boolean | undefined> {
    try {
      return await renewIntake(database, epoch)
    } catch (error) {
      if (isOutage(error)) return undefined
      throw error
    }
  }

  /**
   * Where to go as Redis has no lease. Gives it one, or brings it back, where that can be.
   * @throws Unavailable where neither Redis may take orders nor the database can
   */
  async function untrusted(
    { asked, epoch: found }: Untrusted,
    by: 'order' | 'clock' = 'order',
  ): Promise<Next> {
    const known = EPOCH_FORM.test(found)
    const grant = { epoch: found, asked }
    const given = known ? await renewed(found) : false
    if (given) return { way: 'redis', grant }
    let row: IntakeRow
    try {
      row = await readIntake(database)
    } catch (error) {
      // Nobody takes orders there: Redis does, as long as it has not lost anything. But who was told no
      // knows that the database is not away.
      if (!isOutage(error) || given === false) throw error
      return { way: 'redis', grant }
    }
    if (row.way === 'redis') {
      // Whether the lease was written down is not known.
      if (row.epoch === found) return { way: 'wait', millis: UNKNOWN_MILLIS }
      // Redis has lost its epoch; or somebody brings it back just now.
      if (row.ageMillis < LEASE_MILLIS) return { way: 'wait', millis: LEASE_MILLIS - row.ageMillis }
      if (await leaveRedis(database, row.epoch, 0)) {
        const { epoch } = row
        if (row.leased) log.warn('orders go to the database: Redis has lost its data', { epoch })
        else log.info('orders go to the database until a new Redis is ready', { epoch })
      }
      return { way: 'wait', millis: 0 }
    }
    return (await recover(row, found, by)) ? { way: 'wait', millis: 0 } : whenDrained(row)
  }

  return {
    untrusted,

    /**
     * Where to go as Redis does not answer: leaves it once no lease can be left there. Where other
     * containers reach it, there is always one, and this one can only wait.
     * @throws Unavailable where the database does not answer either
     */
    async unreachable(): Promise<Next> {
      const row = await readIntake(database)
      if (row.way === 'database') return whenDrained(row)
      // All who wait ask again when the lease has ended, not all the time.
      const millis = Math.max(0, LEASE_MILLIS - row.unseenMillis)
      if (millis > 0) return { way: 'wait', millis }
      if (await leaveRedis(database, row.epoch, LEASE_MILLIS)) {
        log.warn('orders go to the database: Redis does not answer', { epoch: row.epoch })
      }
      return { way: 'wait', millis: 0 }
    },

    /** Renews the lease. Never throws: it ends, and the next order asks. @param asked Redis's time */
    async renew({ epoch, asked }: Grant): Promise<void> {
      try {
        if (await renewIntake(database, epoch)) await giveLease([], [epoch, asked])
      } catch (error) {
        log.warn('the lease of Redis is not renewed', { error: describeError(error) })
      }
    },

    /** For the clock: brings Redis back where no order does. @returns whether it may take orders */
    async tend(): Promise<boolean> {
      for (let tries = 0; tries < 5; tries++) {
        const [asked, epoch, leased] = await look([], [])
        if (leased === 1) return true
        const next = await untrusted({ asked, epoch }, 'clock')
        if (next.way === 'database') return false
        if (next.way === 'redis') {
          await giveLease([], [next.grant.epoch, next.grant.asked])
          return true
        }
      }
      return false
    },

    /** Whether orders are written directly; holds it so until the transaction ends. */
    holdDatabaseWay: (tx: Queryable) => holdDatabaseWay(tx),
  }
}

export type Intake = ReturnType<typeof createIntake>
