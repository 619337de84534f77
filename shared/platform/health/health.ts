import * as z from 'zod/mini'
import type { Database } from '../database/database.ts'
import { readHeartbeat } from '../database/heartbeat.ts'
import { FRESH_MILLIS } from '../database/positions.ts'
import { sql } from '../database/sql.ts'
import { callSqs, queueUrl } from '../queue/sqs.ts'
import type { RedisClient } from '../redis/client.ts'
import { describeError, log } from '../telemetry/log.ts'

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

async function check(name: string, probe: () => Promise<unknown>): Promise<Check> {
  const started = performance.now()
  let ok = true
  try {
    await probe()
  } catch (error) {
    ok = false
    log.warn('health check failed', { check: name, error: describeError(error) })
  }
  return { ok, latencyMs: Math.round((performance.now() - started) * 10) / 10 }
}

async function checkReplica(database: Database, replica: Database) {
  // The primary first: a heartbeat in between makes the replica look ahead, not behind.
  const sent = await readHeartbeat(database).catch(() => 0)
  let has = 0
  const answered = await check('replica', async () => {
    has = await readHeartbeat(replica)
  })
  if (!answered.ok) return answered
  const behindMs = Math.max(0, sent - has)
  return { ...answered, ok: behindMs <= FRESH_MILLIS, behindMs }
}

/**
 * Asks each part that requests need. Without SQS orders are still accepted, and the relay sends later;
 * without the replica the primary is read.
 */
export async function readHealth({ database, replica, redis }: HealthDeps): Promise<Health> {
  const [db, cache, queue, copy] = await Promise.all([
    check('database', () => database.query(sql`SELECT 1`)),
    check('redis', () => redis.ping()),
    check('queue', () =>
      callSqs('GetQueueAttributes', { QueueUrl: queueUrl('stock'), AttributeNames: ['QueueArn'] }),
    ),
    replica === database ? undefined : checkReplica(database, replica),
  ])
  const isWhole = queue.ok && copy?.ok !== false
  const status = db.ok && cache.ok ? (isWhole ? 'ok' : 'degraded') : 'down'
  const checks = { database: db, redis: cache, queue }
  return { status, checks: copy === undefined ? checks : { ...checks, replica: copy } }
}
