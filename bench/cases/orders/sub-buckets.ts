/**
 * The counters of hot SKUs in sub-buckets, as one would build them over several servers: the variant
 * that docs/decisions/0023-hot-skus.md compares and leaves. The same Lua functions as
 * {@link ../../../shared/domain/stock/counters.ts}'s COUNTERS_LUA, for createHolds.
 *
 * The counter's hash has `base` and `version`; each bucket's hash beside it has its `share` of the base
 * and what is `held` of that. An order takes from the bucket that its id names, else from the one with
 * enough, else from several: it is short only where all of them together are. The hold says what it
 * took where: `bucket:units bucket:units`. Sum of shares = base; every row that arrives deals what is
 * free out anew, so that the buckets are filled and levelled by whoever settles or reconciles.
 */
export const subBuckets = (count: number) => `
local BUCKETS = ${count}
local function bucket(counter, index) return counter .. ':' .. index end
local function free(counter, index)
  local state = redis.call('HMGET', bucket(counter, index), 'share', 'held')
  return (state[1] or 0) - (state[2] or 0)
end
-- Ids end in random characters.
local function own(id) return (string.byte(id, -1) + 31 * string.byte(id, -2)) % BUCKETS end
local function lacking(counter, id, units)
  local first, all = own(id), 0
  for step = 0, BUCKETS - 1 do
    all = all + free(counter, (first + step) % BUCKETS)
    if all >= units and step == 0 then return false end
  end
  local base = redis.call('HGET', counter, 'base')
  if not base then return 'unknown' end
  if all >= units then return false end
  return tonumber(base) <= 0 and 'gone' or 'short'
end
local function take(counter, holds, id, units)
  local first, wanted, parts = own(id), tonumber(units), {}
  local function from(index, most)
    local key = bucket(counter, index)
    redis.call('HINCRBY', key, 'held', most)
    parts[#parts + 1] = index .. ':' .. most
    wanted = wanted - most
  end
  for step = 0, BUCKETS - 1 do
    local index = (first + step) % BUCKETS
    if wanted > 0 and free(counter, index) >= wanted then from(index, wanted) end
  end
  for index = 0, BUCKETS - 1 do
    if wanted > 0 then
      local left = free(counter, index)
      if left > 0 then from(index, math.min(left, wanted)) end
    end
  end
  redis.call('HSET', holds, id, table.concat(parts, ' '))
end
local function giveBack(counter, holds, id)
  local parts = redis.call('HGET', holds, id)
  if not parts then return end
  redis.call('HDEL', holds, id)
  if redis.call('HEXISTS', counter, 'base') == 0 then return end
  for index, units in string.gmatch(parts, '(%d+):(%d+)') do
    redis.call('HINCRBY', bucket(counter, index), 'held', -units)
  end
end
local function mirror(counter, holds, stock, version)
  local known = redis.call('HGET', counter, 'version')
  if known and tonumber(known) >= tonumber(version) then return end
  local held, all = {}, 0
  for index = 0, BUCKETS - 1 do held[index] = 0 end
  if known then
    for index = 0, BUCKETS - 1 do
      held[index] = tonumber(redis.call('HGET', bucket(counter, index), 'held') or 0)
    end
  else
    for _, parts in ipairs(redis.call('HVALS', holds)) do
      for index, units in string.gmatch(parts, '(%d+):(%d+)') do
        held[tonumber(index)] = held[tonumber(index)] + units
      end
    end
  end
  for index = 0, BUCKETS - 1 do all = all + held[index] end
  local spare = stock - all
  for index = 0, BUCKETS - 1 do
    local part = math.floor(spare / BUCKETS) + (index < spare % BUCKETS and 1 or 0)
    redis.call('HSET', bucket(counter, index), 'share', held[index] + part, 'held', held[index])
  end
  redis.call('HSET', counter, 'base', stock, 'version', version)
end
`

/** What is free in all buckets of a counter. KEYS: counter. */
export const freeInBuckets = (count: number) => `
local all = 0
for index = 0, ${count} - 1 do
  local state = redis.call('HMGET', KEYS[1] .. ':' .. index, 'share', 'held')
  all = all + (state[1] or 0) - (state[2] or 0)
end
return all`
