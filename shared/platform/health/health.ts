import * as z from 'zod/mini'
import type { Database } from '../database/database.ts'
import { sql } from '../database/sql.ts'
import { callSqs, queueUrl } from '../queue/sqs.ts'
import type { RedisClient } from '../redis/client.ts'
import { describeError, log } from '../telemetry/log.ts'

const Check = z.object({ ok: z.boolean(), latencyMs: z.number() })

/** `degraded`: serves, though something is away. `down`: should get no traffic. */
export const Health = z.object({
  status: z.enum(['ok', 'degraded', 'down']),
  checks: z.object({ database: Check, redis: Check, queue: Check }),
})
export type Health = z.output<typeof Health>

async function check(name: string, probe: () => Promise<unknown>): Promise<z.output<typeof Check>> {
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

/** Asks each part that requests need. Without SQS orders are still accepted: the relay sends later. */
export async function readHealth(database: Database, redis: RedisClient): Promise<Health> {
  const [db, cache, queue] = await Promise.all([
    check('database', () => database.query(sql`SELECT 1`)),
    check('redis', () => redis.ping()),
    check('queue', () =>
      callSqs('GetQueueAttributes', { QueueUrl: queueUrl('stock'), AttributeNames: ['QueueArn'] }),
    ),
  ])
  const status = db.ok && cache.ok ? (queue.ok ? 'ok' : 'degraded') : 'down'
  return { status, checks: { database: db, redis: cache, queue } }
}
