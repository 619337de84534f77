import * as z from 'zod/mini'
import type { Database } from '../database/database.ts'
import { readHeartbeat } from '../database/heartbeat.ts'
import { FRESH_MILLIS } from '../database/positions.ts'
import { sql } from '../database/sql.ts'
import { callSqs, queueUrl } from '../queue/sqs.ts'
import type { RedisClient } from '../redis/client.ts'
import { describeError, log } from '../telemetry/log.ts'
import { withDeadline } from '../telemetry/scope.ts'

/**
 * Longest wait for any part, in milliseconds. Route 53 gives an endpoint two seconds to answer once it is
 * connected, and a checker on another continent has the way there and back. Not less than a second, or breakers
 * would not let it try: in a region that nobody uses, this is the only call that can close them.
 * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
 */
const CHECK_MILLIS = 1_200
/** How long a container's answer is good for all who ask, in milliseconds: checkers come in bursts. */
const KEEP_MILLIS = 1_000

const Check = z.object({ ok: z.boolean(), latencyMs: z.number() })
type Check = z.output<typeof Check>

/** `behindMs`: what it lacked of the primary's last heartbeat; left out where it does not answer. */
const ReplicaCheck = z.extend(Check, { behindMs: z.optional(z.number()) })

/** `degraded`: serves, though something is away. `down`: should get no traffic. */
export const Health = z.object({
  status: z.enum(['ok', 'degraded', 'down']),
  checks: z.object({
    database: Check,
    redis: Check,
    queue: Check,
    replica: z.optional(ReplicaCheck),
  }),
})
export type Health = z.output<typeof Health>

export type HealthDeps = {
  database: Database
  /** The primary itself where there is none. */
  replica: Database
  redis: RedisClient
}

async function check(name: string, millis: number, probe: () => Promise<unknown>): Promise<Check> {
  const started = performance.now()
  let ok = true
  try {
    await withDeadline(millis, probe)
  } catch (error) {
    ok = false
    log.warn('health check failed', { check: name, error: describeError(error) })
  }
  return { ok, latencyMs: Math.round((performance.now() - started) * 10) / 10 }
}

async function checkReplica(database: Database, replica: Database, millis: number) {
  // The primary first: a heartbeat in between makes the replica look ahead, not behind.
  const sent = await withDeadline(millis / 2, () => readHeartbeat(database)).catch(() => 0)
  let has = 0
  const answered = await check('replica', millis / 2, async () => {
    has = await readHeartbeat(replica)
  })
  if (!answered.ok) return answered
  const behindMs = Math.max(0, sent - has)
  return { ...answered, ok: behindMs <= FRESH_MILLIS, behindMs }
}

/**
 * Asks each part that requests need, all at once and for little more than a second. Only without the
 * database should this copy get no traffic. Without Redis orders go through the database; without SQS
 * they are accepted, and sent later; without the replica the primary is read.
 */
export async function readHealth(
  { database, replica, redis }: HealthDeps,
  millis = CHECK_MILLIS,
): Promise<Health> {
  const [db, cache, queue, copy] = await Promise.all([
    check('database', millis, () => database.query(sql`SELECT 1`)),
    check('redis', millis, () => redis.ping()),
    check('queue', millis, () =>
      callSqs('GetQueueAttributes', { QueueUrl: queueUrl('stock'), AttributeNames: ['QueueArn'] }),
    ),
    replica === database ? undefined : checkReplica(database, replica, millis),
  ])
  const isWhole = cache.ok && queue.ok && copy?.ok !== false
  const status = db.ok ? (isWhole ? 'ok' : 'degraded') : 'down'
  const checks = { database: db, redis: cache, queue }
  return { status, checks: copy === undefined ? checks : { ...checks, replica: copy } }
}

/**
 * Keeps what is read for a second, and reads it once however many ask meanwhile: dozens of checkers must
 * not be a load on what they check. An answer is at most that old, and as long as a check takes.
 */
export function keptFor<T>(
  read: () => Promise<T>,
  keepMillis = KEEP_MILLIS,
  now = () => performance.now(),
): () => Promise<T> {
  let kept: { reading: Promise<T>; until: number } | undefined
  return () => {
    if (kept !== undefined && now() < kept.until) return kept.reading
    const mine = { reading: read(), until: Number.POSITIVE_INFINITY }
    kept = mine
    const landed = () => {
      mine.until = now() + keepMillis
    }
    mine.reading.then(landed, () => {
      if (kept === mine) kept = undefined
    })
    return mine.reading
  }
}
