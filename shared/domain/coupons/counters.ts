import type { RedisClient } from '../../platform/redis/client.ts'
import { script } from '../../platform/redis/script.ts'
import { LEASE } from '../intake/keys.ts'
import { COUNTERS_LUA } from '../stock/counters.ts'
import { CLAIMS_SECONDS, claimCounterKey, claimHoldsKey } from './keys.ts'
import type { ClaimRow } from './repository.ts'

/**
 * The row was read a moment ago; leaving Redis and coming back takes longer than a lease: so it counts.
 * KEYS: counter, holds. ARGV: claims left and version of the row, seconds.
 */
const mirrorScript = () => `${COUNTERS_LUA}
mirror(KEYS[1], KEYS[2], ARGV[1], ARGV[2])
local epoch = redis.call('GET', '${LEASE}')
if epoch then redis.call('HSET', KEYS[1], 'epoch', epoch) end
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1`

/** @returns a function that brings the counter of claims up to a row; an older row changes nothing */
export function createMirrorClaim(redis: RedisClient) {
  const mirror = script<number>(redis, mirrorScript())
  return async function mirrorClaim({ userId, couponId, left, version }: ClaimRow): Promise<void> {
    await mirror(
      [claimCounterKey(userId, couponId), claimHoldsKey(userId, couponId)],
      [left, version, CLAIMS_SECONDS],
    )
  }
}
