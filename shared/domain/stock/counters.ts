import { ulid } from 'ulid'
import type { RedisClient } from '../../platform/redis/client.ts'
import { script } from '../../platform/redis/script.ts'
import { EPOCH } from '../intake/keys.ts'
import { counterKey, holdsKey } from './keys.ts'
import { noteRows } from './sold-out.ts'

/** A SKU's row as it stood after a transaction. */
export type StockRow = { skuId: string; stock: number; version: string }

/**
 * Lua functions of the counters, to be put in front of a script.
 *
 * A counter mirrors the SKU's row (stock and its version) and subtracts the holds that the row has
 * not seen: available = base - held. The mirror only ever moves to a newer version, and a hold
 * leaves together with the version that includes it, so updates may come late, twice or out of
 * order: until the last one is there the counter shows too little, never too much.
 *
 * Besides, a counter has the `epoch` in which it was loaded from its row; it counts in no other: while
 * Redis was away, the row may have changed without a word. Only who reads a row after the epoch has begun
 * may say so (stamp). docs/decisions/0029-orders-without-redis.md
 *
 * Each takes the same time however many holds there are; but for mirror, where there was no counter.
 * - lacking: false where there are as many units; else 'unknown' (no counter), 'short', or 'gone'
 *   where the row itself has none, so that no hold that ends can help
 * - take, giveBack: put a hold in, which lacking has allowed, and take it out; twice is once
 */
export const COUNTERS_LUA = `
local function lacking(counter, id, units)
  local state = redis.call('HMGET', counter, 'base', 'held')
  if not state[1] then return 'unknown' end
  if state[1] - state[2] >= units then return false end
  return tonumber(state[1]) <= 0 and 'gone' or 'short'
end
local function take(counter, holds, id, units)
  redis.call('HINCRBY', counter, 'held', units)
  redis.call('HSET', holds, id, units)
end
local function giveBack(counter, holds, id)
  local units = redis.call('HGET', holds, id)
  if not units then return end
  redis.call('HDEL', holds, id)
  if redis.call('HEXISTS', counter, 'base') == 1 then
    redis.call('HINCRBY', counter, 'held', -units)
  end
end
local function mirror(counter, holds, stock, version)
  local known = redis.call('HGET', counter, 'version')
  if known and tonumber(known) >= tonumber(version) then return end
  if not known then
    local held = 0
    for _, units in ipairs(redis.call('HVALS', holds)) do held = held + units end
    redis.call('HSET', counter, 'held', held)
  end
  redis.call('HSET', counter, 'base', stock, 'version', version)
end
`

/** A counter counts in this epoch, where that is still Redis's own: the row was read in it. */
export const STAMP_LUA = `
local function stamp(counter, epoch)
  if epoch ~= '' and redis.call('GET', '${EPOCH}') == epoch then
    redis.call('HSET', counter, 'epoch', epoch)
  end
end
`

/** KEYS: counter, holds… ARGV: stock, version…, then the epoch or ''. */
const mirrorScript = () => `${COUNTERS_LUA}${STAMP_LUA}
for i = 1, #KEYS / 2 do
  mirror(KEYS[2 * i - 1], KEYS[2 * i], ARGV[2 * i - 1], ARGV[2 * i])
  stamp(KEYS[2 * i - 1], ARGV[#ARGV])
end
return 1`

/** Pairs, since the driver would hand HGETALL through as one flat array. */
const HOLDS_ON = `
local flat, pairs = redis.call('HGETALL', KEYS[1]), {}
for i = 1, #flat, 2 do pairs[#pairs + 1] = {flat[i], flat[i + 1]} end
return pairs`

/**
 * Lua function: whether a hold is that of a correction that died. It asks for the time once.
 * Parameters: name of the hold, prefix of corrections, ms after which one is abandoned.
 */
const ABANDONED_LUA = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local function abandoned(hold, prefix, millis)
  local since = string.match(hold, '^' .. prefix .. '(%d+):')
  return since and now - tonumber(since) > tonumber(millis)
end
`

/**
 * Puts counters right: held to the sum of the holds, without those of corrections that died; base to the
 * row where that is as new. A counter that is newer than the row is left alone. KEYS: counter, holds…
 * ARGV: stock, version…, prefix, ms after which a correction is abandoned. Returns the positions of those
 * that were wrong.
 */
const repairScript = () => `${ABANDONED_LUA}
local wrong = {}
for i = 1, #KEYS / 2 do
  local counter, held = KEYS[2 * i - 1], 0
  local state = redis.call('HMGET', counter, 'base', 'version', 'held')
  if state[1] then
    local flat = redis.call('HGETALL', KEYS[2 * i])
    for at = 1, #flat, 2 do
      if abandoned(flat[at], ARGV[#ARGV - 1], ARGV[#ARGV]) then
        redis.call('HDEL', KEYS[2 * i], flat[at])
      else
        held = held + tonumber(flat[at + 1])
      end
    end
    local stock, version = ARGV[2 * i - 1], ARGV[2 * i]
    local older = tonumber(state[2]) <= tonumber(version)
    local differs = older and (state[1] ~= stock or state[2] ~= version)
    if differs then redis.call('HSET', counter, 'base', stock, 'version', version) end
    if tonumber(state[3]) ~= held then redis.call('HSET', counter, 'held', held); differs = true end
    if differs then wrong[#wrong + 1] = i - 1 end
  end
end
return wrong`

/** How many holds there are. KEYS: holds… */
const COUNT = `
local counts = {}
for i, key in ipairs(KEYS) do counts[i] = redis.call('HLEN', key) end
return counts`

/** What Redis, which does one thing at a time, is asked for at most in one call. */
const HOLDS_PER_CALL = 500

/** Marks a hold as that of a correction by an admin, not of an order. */
const CORRECTION = 'correction:'
/** A correction takes some seconds; what is left after this many milliseconds is of one that died. */
const ABANDONED_MILLIS = 60_000

/**
 * Holds units for a correction, so that no order is promised them meanwhile. Ends what dead ones left
 * behind: the counter was brought up to the row just before. Returns the hold's name, 'unknown' without
 * a counter, or 'short'. KEYS: counter, holds. ARGV: id, units, prefix, ms after which one is abandoned.
 */
const reserveScript = () => `${COUNTERS_LUA}${ABANDONED_LUA}
if redis.call('HEXISTS', KEYS[1], 'base') == 0 then return 'unknown' end
local flat = redis.call('HGETALL', KEYS[2])
for i = 1, #flat, 2 do
  if abandoned(flat[i], ARGV[3], ARGV[4]) then giveBack(KEYS[1], KEYS[2], flat[i]) end
end
local name = ARGV[3] .. now .. ':' .. ARGV[1]
if lacking(KEYS[1], name, tonumber(ARGV[2])) then return 'short' end
take(KEYS[1], KEYS[2], name, ARGV[2])
return name`

/**
 * Ends the hold of a correction, together with the row that includes it where it was booked.
 * KEYS: counter, holds. ARGV: name of the hold, then stock and version of the row, or nothing.
 */
const releaseScript = () => `${COUNTERS_LUA}
giveBack(KEYS[1], KEYS[2], ARGV[1])
if ARGV[2] then mirror(KEYS[1], KEYS[2], ARGV[2], ARGV[3]) end
return 1`

/** The Redis side of stock. */
export function createCounters(redis: RedisClient) {
  const mirror = script<number>(redis, mirrorScript())
  const holdsOn = script<[orderId: string, units: string][]>(redis, HOLDS_ON)
  const reserve = script<string>(redis, reserveScript())
  const release = script<number>(redis, releaseScript())
  const repair = script<number[]>(redis, repairScript())
  const count = script<number[]>(redis, COUNT)

  async function holdsOf(skuIds: readonly string[]): Promise<Map<string, number>> {
    const counts = await count(skuIds.map(holdsKey), [])
    return new Map(skuIds.map((skuId, at) => [skuId, counts[at] ?? 0]))
  }

  return {
    /**
     * Holds units for a correction.
     * @returns the hold's name; `unknown` where there is no counter, `short` where too few are free
     */
    reserve(skuId: string, units: number): Promise<string> {
      return reserve(
        [counterKey(skuId), holdsKey(skuId)],
        [ulid(), units, CORRECTION, ABANDONED_MILLIS],
      )
    },

    /** Ends the hold of a correction. @param row as the correction left it, where it was booked */
    async release(skuId: string, hold: string, row?: StockRow): Promise<void> {
      const booked = row === undefined ? [] : [row.stock, row.version]
      await release([counterKey(skuId), holdsKey(skuId)], [hold, ...booked])
      if (row !== undefined) noteRows([row])
    },

    /**
     * Brings counters up to rows as they are in the database; older rows change nothing.
     * @param epoch of Redis before the rows were read: in it the counters count from now on
     */
    async mirror(rows: readonly StockRow[], epoch = ''): Promise<void> {
      if (rows.length === 0) return
      await mirror(
        rows.flatMap(({ skuId }) => [counterKey(skuId), holdsKey(skuId)]),
        [...rows.flatMap(({ stock, version }) => [stock, version]), epoch],
      )
      noteRows(rows)
    },

    /**
     * Puts counters right where they differ from rows that are as new as they are, or from the holds.
     * @returns the SKUs whose counters were wrong
     */
    async repair(rows: readonly StockRow[]): Promise<string[]> {
      const counts = await holdsOf(rows.map(({ skuId }) => skuId))
      const many = rows.filter(({ skuId }) => (counts.get(skuId) ?? 0) > HOLDS_PER_CALL)
      const few = rows.filter((row) => !many.includes(row))
      const wrong: string[] = []
      for (const some of [few, ...many.map((row) => [row])]) {
        if (some.length === 0) continue
        const positions = await repair(
          some.flatMap(({ skuId }) => [counterKey(skuId), holdsKey(skuId)]),
          [
            ...some.flatMap(({ stock, version }) => [stock, version]),
            ...[CORRECTION, ABANDONED_MILLIS],
          ],
        )
        wrong.push(...positions.flatMap((position) => some[position]?.skuId ?? []))
      }
      return wrong
    },

    /** @returns the orders that hold units of these SKUs, some hundreds at a time; one may come twice */
    async *ordersHolding(skuIds: readonly string[]): AsyncGenerator<string[]> {
      for (const [skuId, holds] of await holdsOf(skuIds)) {
        let cursor = holds === 0 ? undefined : '0'
        while (cursor !== undefined) {
          const [next, flat]: [string, string[]] = await redis.send([
            ...['HSCAN', holdsKey(skuId), cursor],
            ...['COUNT', HOLDS_PER_CALL],
          ])
          const ids = flat.filter((_, at) => at % 2 === 0)
          yield ids.filter((id) => !id.startsWith(CORRECTION))
          cursor = next === '0' ? undefined : next
        }
      }
    },

    /** @returns the orders' holds on a SKU that were not yet settled, units by order id */
    async holdsOn(skuId: string): Promise<Map<string, number>> {
      return new Map(
        (await holdsOn([holdsKey(skuId)], []))
          .filter(([id]) => !id.startsWith(CORRECTION))
          .map(([id, units]) => [id, Number(units)]),
      )
    },
  }
}

export type Counters = ReturnType<typeof createCounters>
