import type { Argument, RedisClient } from '../redis/client.ts'
import { script } from '../redis/script.ts'
import type { Terms } from './limit.ts'

/** What a container asks of one bucket. */
export type Question = {
  key: string
  terms: Terms
  /** Requests that it let pass on credit: charged in any case. */
  debt: number
  /** Permits that it would like; 0 only settles. */
  want: number
}

export type Reply = {
  /** Permits, all of them or none; good from `waitMicros` on. */
  granted: number
  /** Where none was granted, the time until asking again makes sense. */
  waitMicros: number
  /** Time until the bucket is full again. */
  usedMicros: number
}

/** Asks about any number of buckets in one call. */
export type Buckets = (questions: readonly Question[]) => Promise<Reply[]>

/**
 * The generic cell rate algorithm, by which a bucket is one number: the time at which all that was handed
 * out will have been used up (`tat`). How much is handed out at once is a share of what is left, so
 * that early and late askers get some, as in guided self-scheduling; a batch at the least.
 *
 * A function of its arguments alone, so that tests can give it their own time; returns the new `tat`, what
 * is granted, and the wait. All whole numbers; times in microseconds.
 * @see ITU-T I.371, annex A; Polychronopoulos and Kuck, "Guided Self-Scheduling", IEEE Transactions on
 *   Computers C-36 (12), 1987
 */
export const BUCKET_LUA = `
local function bucket(tat, now, interval, burst, batch, ahead, debt, want)
  tat = math.max(tat, now) + debt * interval
  local room = now + burst * interval - tat
  local granted = math.min(want, math.max(batch, math.floor(room / interval / 32)))
  local wait = math.max(0, math.max(granted, 1) * interval - room)
  if wait > ahead and granted > 0 then return tat, 0, wait - ahead end
  return tat + granted * interval, granted, wait
end
`

/** KEYS: buckets. ARGV, for each of them: interval, burst, batch, ahead, debt, want. By Redis's own clock. */
const ASK = `${BUCKET_LUA}
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local reply = {}
for i, key in ipairs(KEYS) do
  local numbers = {}
  for j = 1, 6 do numbers[j] = tonumber(ARGV[i * 6 - 6 + j]) end
  local before = tonumber(redis.call('GET', key) or 0)
  local tat, granted, wait = bucket(before, now, unpack(numbers))
  if tat > math.max(before, now) then
    redis.call('SET', key, string.format('%.0f', tat), 'PX', math.ceil((tat - now) / 1000))
  end
  reply[i * 3 - 2], reply[i * 3 - 1], reply[i * 3] = granted, wait, math.max(0, tat - now)
end
return reply`

/** The buckets in Redis, under `limit:KEY`. Where an answer is lost, what was granted is lost with it. */
export function createBuckets(redis: RedisClient): Buckets {
  const ask = script<number[]>(redis, ASK)
  return async (questions) => {
    const keys = questions.map(({ key }) => `limit:${key}`)
    const args = questions.flatMap(({ terms, debt, want }): Argument[] => {
      const { interval, burst, batch, ahead } = terms
      return [interval, burst, batch, ahead, debt, want]
    })
    const reply = (await ask(keys, args)).map(Number)
    return questions.map((_, index) => {
      const [granted = 0, waitMicros = 0, usedMicros = 0] = reply.slice(index * 3, index * 3 + 3)
      return { granted, waitMicros, usedMicros }
    })
  }
}
