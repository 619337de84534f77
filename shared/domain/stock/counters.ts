import type { RedisClient } from '../../platform/redis/client.ts'
import { script } from '../../platform/redis/script.ts'
import { counterKey, holdsKey } from './keys.ts'

/** A SKU's row as it stood after a transaction. */
export type StockRow = { skuId: string; stock: number; version: string }

/**
 * Lua functions of the counters, to be put in front of a script.
 *
 * A counter mirrors the SKU's row (stock and its version) and subtracts the holds that the row has
 * not seen: available = base - held. The mirror only ever moves to a newer version, and a hold
 * leaves together with the version that includes it, so updates may come late, twice or out of
 * order: until the last one is there the counter shows too little, never too much.
 */
export const MIRROR_LUA = `
local function mirror(counter, holds, stock, version)
  local known = redis.call('HGET', counter, 'version')
  if known and tonumber(known) >= tonumber(version) then return end
  if not known then
    local held = 0
    for _, units in ipairs(redis.call('HVALS', holds)) do held = held + tonumber(units) end
    redis.call('HSET', counter, 'held', held)
  end
  redis.call('HSET', counter, 'base', stock, 'version', version)
end
`

const MIRROR = `${MIRROR_LUA}
for i = 1, #KEYS / 2 do mirror(KEYS[2 * i - 1], KEYS[2 * i], ARGV[2 * i - 1], ARGV[2 * i]) end
return 1`

/** Pairs, since the driver would hand HGETALL through as one flat array. */
const HOLDS_ON = `
local flat, pairs = redis.call('HGETALL', KEYS[1]), {}
for i = 1, #flat, 2 do pairs[#pairs + 1] = {flat[i], flat[i + 1]} end
return pairs`

/** The Redis side of stock. */
export function createCounters(redis: RedisClient) {
  const mirror = script<number>(redis, MIRROR)
  const holdsOn = script<[orderId: string, units: string][]>(redis, HOLDS_ON)
  return {
    /** Brings counters up to rows as they are in the database; older rows change nothing. */
    async mirror(rows: readonly StockRow[]): Promise<void> {
      if (rows.length === 0) return
      await mirror(
        rows.flatMap(({ skuId }) => [counterKey(skuId), holdsKey(skuId)]),
        rows.flatMap(({ stock, version }) => [stock, version]),
      )
    },

    /** @returns the holds on a SKU that were not yet settled, units by order id */
    async holdsOn(skuId: string): Promise<Map<string, number>> {
      return new Map(
        (await holdsOn([holdsKey(skuId)], [])).map(([id, units]) => [id, Number(units)]),
      )
    },
  }
}

export type Counters = ReturnType<typeof createCounters>
