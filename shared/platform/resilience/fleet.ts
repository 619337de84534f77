import { randomUUID } from 'node:crypto'
import type { RedisClient } from '../redis/client.ts'
import { script } from '../redis/script.ts'
import type { Fleet } from './reporter.ts'
import { RULE } from './window.ts'

/** Fewer failing containers than this do not open a breaker for all: one may be cut off by itself. */
const CONTAINERS = 3
/** The state of an upstream that nobody calls is forgotten, in milliseconds. */
const KEEP_MILLIS = 60_000
/** While somebody tries, the others ask again after this, in milliseconds. */
const ASK_AGAIN_MILLIS = 200

/**
 * Three keys of an upstream: `open` is there while its breaker is; `rest` while nobody may try, or holds
 * the container that does; `calls` are the latest outcomes, each with its container. All times are Redis's.
 */
const keysOf = (upstream: string) =>
  ['open', 'rest', 'calls'].map((part) => `breaker:${upstream}:${part}`)

/** ARGV: container, outcomes, calls, failures, containers, ms to rest, ms to keep. Returns as {@link ASK}. */
const REPORT = `
if redis.call('EXISTS', KEYS[1]) == 1 then return math.max(redis.call('PTTL', KEYS[2]), 0) end
if ARGV[2] == '' then return -1 end
for outcome in ARGV[2]:gmatch('.') do redis.call('RPUSH', KEYS[3], outcome .. ARGV[1]) end
redis.call('LTRIM', KEYS[3], -ARGV[3], -1)
redis.call('PEXPIRE', KEYS[3], ARGV[7])
local failures, containers, seen = 0, 0, {}
for _, call in ipairs(redis.call('LRANGE', KEYS[3], 0, -1)) do
  if call:sub(1, 1) == '1' then
    failures = failures + 1
    if not seen[call] then containers, seen[call] = containers + 1, true end
  end
end
if failures < tonumber(ARGV[4]) or containers < tonumber(ARGV[5]) then return -1 end
redis.call('DEL', KEYS[3])
redis.call('SET', KEYS[1], '', 'PX', ARGV[7])
redis.call('SET', KEYS[2], '', 'PX', ARGV[6])
return tonumber(ARGV[6])`

/**
 * ARGV: container, ms of the lease, ms after which to ask again. Returns -1 where the breaker is closed, 0
 * where the caller has the lease and is to try, else after how many ms to ask again.
 */
const ASK = `
if redis.call('EXISTS', KEYS[1]) == 0 then return -1 end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
local left = math.max(redis.call('PTTL', KEYS[2]), 1)
if redis.call('GET', KEYS[2]) == '' then return left end
return math.min(left, ARGV[3])`

/**
 * What came of trying. A lease that has passed on is left alone. ARGV: container, 1 where it failed, ms to
 * rest, ms to keep.
 */
const TRIED = `
if ARGV[2] == '0' then return redis.call('DEL', KEYS[1], KEYS[2], KEYS[3]) end
if redis.call('PEXPIRE', KEYS[1], ARGV[4]) == 0 then return 0 end
local holder = redis.call('GET', KEYS[2])
if not holder or holder == ARGV[1] then redis.call('SET', KEYS[2], '', 'PX', ARGV[3]) end
return 1`

export type FleetOptions = {
  upstream: string
  openMillis: number
  leaseMillis: number
}

/** Keeps the state of one breaker in Redis, for all containers. */
export function createFleet(
  redis: RedisClient,
  { upstream, openMillis, leaseMillis }: FleetOptions,
): Fleet {
  const keys = keysOf(upstream)
  const container = randomUUID().slice(0, 8)
  const report = script<number>(redis, REPORT)
  const ask = script<number>(redis, ASK)
  const tried = script<number>(redis, TRIED)
  const bounds = [RULE.calls, RULE.failures, CONTAINERS, openMillis, KEEP_MILLIS]

  return {
    async report(outcomes) {
      const text = outcomes.map((failed) => (failed ? '1' : '0')).join('')
      const waitMillis = await report(keys, [container, text, ...bounds])
      return waitMillis < 0 ? 'closed' : { waitMillis }
    },
    async ask() {
      const waitMillis = await ask(keys, [container, leaseMillis, ASK_AGAIN_MILLIS])
      if (waitMillis === 0) return 'try'
      return waitMillis < 0 ? 'closed' : { waitMillis }
    },
    async tried(failed) {
      await tried(keys, [container, failed ? 1 : 0, openMillis, KEEP_MILLIS])
    },
  }
}
