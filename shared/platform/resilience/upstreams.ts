import { settings } from '../config/index.ts'
import { once } from '../config/once.ts'
import { RedisClient, redisBreaker } from '../redis/client.ts'
import { type Breaker, createBreaker, OPEN_MILLIS } from './breaker.ts'
import { createFleet } from './fleet.ts'

/** All that is called from here, besides Redis, whose breaker is in its client. */
export type Upstream =
  | 'database'
  | 'database replica'
  | 'sqs'
  | 'ses'
  | 's3'
  | 'wechat pay'
  /** One of WeChat's calls, by its path: they fail one by one. */
  | `wechat /${string}`

/** What all containers know is worth this wait and no more, in milliseconds. */
const ASK_MILLIS = 300

const redis = /* @__PURE__ */ once(() => {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = settings()
  return new RedisClient({ url, token, breaker: redisBreaker(), callMillis: ASK_MILLIS })
})

const breakers = new Map<Upstream, Breaker>()

/**
 * The container's breaker of an upstream, which shares its state with all containers of its region: what one
 * region can't reach another may.
 * @param isFailure which errors say that it is failing; outages where it is left out
 */
export function breakerOf(upstream: Upstream, isFailure?: (error: unknown) => boolean): Breaker {
  let breaker = breakers.get(upstream)
  if (breaker === undefined) {
    const fleet = createFleet(redis(), {
      upstream: `${settings().AWS_REGION}:${upstream}`,
      openMillis: OPEN_MILLIS,
    })
    breaker = createBreaker({ name: upstream, fleet, ...(isFailure && { isFailure }) })
    breakers.set(upstream, breaker)
  }
  return breaker
}
