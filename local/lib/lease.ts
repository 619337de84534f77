import { Redis } from 'ioredis'
import { EPOCH, LEASE } from '../../shared/domain/intake/keys.ts'

/** The epoch of a new database (migrations/20261124000019_intake.sql). */
export const FIRST_EPOCH = '1'

/**
 * Lets Redis take orders for a long time without anybody asking the database: for those who count calls,
 * or work on parts of the order path.
 * @returns the epoch of that Redis
 */
export async function leaseRedis(redisUrl: string, seconds = 3_600): Promise<string> {
  const redis = new Redis(redisUrl)
  try {
    await redis.set(EPOCH, FIRST_EPOCH, 'NX')
    const epoch = (await redis.get(EPOCH)) ?? FIRST_EPOCH
    await redis.set(LEASE, epoch, 'EX', seconds)
    return epoch
  } finally {
    redis.disconnect()
  }
}
