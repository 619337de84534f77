import type { RedisClient } from '../redis/client.ts'
import { script } from '../redis/script.ts'

/**
 * The generic cell rate algorithm: the key holds the time (in microseconds of Redis's clock) at
 * which all that was handed out will have been used up.
 * @see ITU-T I.371, annex A; https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
 */
const RESERVE = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local free = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local wait = free - now
if wait > tonumber(ARGV[3]) then return {0, wait} end
local taken = free + math.ceil(ARGV[1] * 1000000 / ARGV[2])
redis.call('SET', KEYS[1], string.format('%.0f', taken), 'PX', math.ceil((taken - now) / 1000) + 1000)
return {1, wait}`

export type Reservation = {
  /** False: nothing was reserved, because the wait would be longer than `maxWaitMillis`. */
  granted: boolean
  /** How long to wait before going on, or, where not granted, before asking again. */
  waitMillis: number
}

export type Pace = {
  /** Reserves `permits`; they may be used after `waitMillis`. */
  reserve(permits: number, maxWaitMillis: number): Promise<Reservation>
}

/**
 * A rate that all containers keep together.
 * @param name what is paced; the key in Redis is `pace:{name}`
 * @param perSecond permits handed out a second, in the long run
 */
export function createPace(redis: RedisClient, name: string, perSecond: number): Pace {
  const reserve = script<[granted: number, waitMicros: number]>(redis, RESERVE)
  return {
    async reserve(permits, maxWaitMillis) {
      const [granted, waitMicros] = await reserve(
        [`pace:${name}`],
        [permits, perSecond, maxWaitMillis * 1000],
      )
      return { granted: granted === 1, waitMillis: Math.ceil(waitMicros / 1000) }
    },
  }
}
