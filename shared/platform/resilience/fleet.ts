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

/**
 * The rule of window.ts over all containers. ARGV: container, outcomes, ms to rest, ms to keep, calls,
 * failures, failures in a row, containers. Returns as {@link ASK}.
 */
const REPORT = `
if redis.call('EXISTS', KEYS[1]) == 1 then return math.max(redis.call('PTTL', KEYS[2]), 0) end
if ARGV[2] == '' then return -1 end
for outcome in ARGV[2]:gmatch('.') do redis.call('RPUSH', KEYS[3], outcome .. ARGV[1]) end
redis.call('LTRIM', KEYS[3], -ARGV[5], -1)
redis.call('PEXPIRE', KEYS[3], ARGV[4])
local failures, row, containers, seen = 0, 0, 0, {}
for _, call in ipairs(redis.call('LRANGE', KEYS[3], 0, -1)) do
  if call:sub(1, 1) == '1' then
    failures, row = failures + 1, row + 1
    if not seen[call] then containers, seen[call] = containers + 1, true end
  else row = 0 end
end
local failing = failures >= tonumber(ARGV[6]) or row >= tonumber(ARGV[7])
if not failing or containers < tonumber(ARGV[8]) then return -1 end
redis.call('DEL', KEYS[3])
redis.call('SET', KEYS[1], '', 'PX', ARGV[4])
redis.call('SET', KEYS[2], '', 'PX', ARGV[3])
return tonumber(ARGV[3])`

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
 * What came of trying. Who failed leaves what is left of its lease for all to wait; one that has ended, or
 * passed on, is left alone. ARGV: container, 1 where it failed, ms to keep.
 */
const TRIED = `
if ARGV[2] == '0' then return redis.call('DEL', KEYS[1], KEYS[2], KEYS[3]) end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('SET', KEYS[2], '', 'KEEPTTL') end
return 1`

export type FleetOptions = {
  upstream: string
  /** One call in this time is let through while the breaker is open. */
  openMillis: number
}

/** Keeps the state of one breaker in Redis, for all containers. */
export function createFleet(redis: RedisClient, { upstream, openMillis }: FleetOptions): Fleet {
  const keys = keysOf(upstream)
  const container = randomUUID().slice(0, 8)
  const report = script<number>(redis, REPORT)
  const ask = script<number>(redis, ASK)
  const tried = script<number>(redis, TRIED)
  const rule = [RULE.calls, RULE.failures, RULE.inARow, CONTAINERS]

  return {
    async report(outcomes) {
      const text = outcomes.map((failed) => (failed ? '1' : '0')).join('')
      const waitMillis = await report(keys, [container, text, openMillis, KEEP_MILLIS, ...rule])
      return waitMillis < 0 ? 'closed' : { waitMillis }
    },
    async ask() {
      const waitMillis = await ask(keys, [container, openMillis, ASK_AGAIN_MILLIS])
      if (waitMillis === 0) return 'try'
      return waitMillis < 0 ? 'closed' : { waitMillis }
    },
    async tried(failed) {
      await tried(keys, [container, failed ? 1 : 0, KEEP_MILLIS])
    },
  }
}
