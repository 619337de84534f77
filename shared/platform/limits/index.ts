import { settings } from '../config/index.ts'
import { once } from '../config/once.ts'
import { RedisClient } from '../redis/client.ts'
import { createBreaker } from '../resilience/breaker.ts'
import { createBuckets } from './bucket.ts'
import { createLimiter } from './limiter.ts'

/** Longest wait for Redis, in milliseconds: a limit is not worth a slow shop. */
const CALL_MILLIS = 500

/**
 * The container's one limiter. Its breaker is its own: it loses patience with Redis sooner than others,
 * and what it can do without they may be able to wait for.
 */
export const limiter = /* @__PURE__ */ once(() => {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = settings()
  const breaker = createBreaker({
    name: 'redis for limits',
    rule: { calls: 4, failures: 2, inARow: 2 },
  })
  const redis = new RedisClient({ url, token, callMillis: CALL_MILLIS, breaker })
  return createLimiter(createBuckets(redis))
})
