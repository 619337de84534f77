import { ADDRESS_LUA } from '../addresses/book.ts'
import { EPOCH, LEASE, LEASE_LUA, LEASE_MILLIS, NOW_LUA, RENEWING, UNSURE } from '../intake/keys.ts'
import { STAMP_LUA } from '../stock/counters.ts'

/**
 * All or nothing: the idempotency record, the counters, the purchase limits, the address and the hold.
 * A coupon is held as a SKU is: one unit of what its user has of it.
 * Safe to run again: the record answers the second run. Every step takes the same time however many
 * holds there are; docs/decisions/0023-hot-skus.md. Takes nothing without a lease, whenever it comes to
 * run; docs/decisions/0029-orders-without-redis.md.
 *
 * KEYS: record, hold, unsettled, pending, address book, then counter and holds of each item and of the
 *   coupon, then the buyer of each that has a limit.
 * ARGV: order id, body hash, answer, message, seconds of the record, ms until the relay looks at it,
 *   address id or '', the address where the caller has read it or '', seconds of an address, the epoch
 *   of a lease to be given and since when or '' and 0, 1 where the database does not know the key or '',
 *   then units, limit (0: none) of each item and of the coupon.
 * Returns the outcome, and what belongs to it: an answer, positions and the epoch, the address and when
 *   to renew the lease from, or the time and the epoch.
 */
export const placeScript = (countersLua: string) => `${LEASE_LUA}${countersLua}${ADDRESS_LUA}
local record = redis.call('GET', KEYS[1])
if record then
  local cut = string.find(record, ' ', 1, true)
  if string.sub(record, 1, cut - 1) ~= ARGV[2] then return {'reused'} end
  return {'replayed', string.sub(record, cut + 1)}
end
giveLease(ARGV[10], ARGV[11])
local epoch = redis.call('GET', '${LEASE}')
if not epoch then return {'untrusted', now(), redis.call('GET', '${EPOCH}') or ''} end
if ARGV[12] == '' and redis.call('EXISTS', '${UNSURE}') == 1 then return {'unsure'} end
local id, message, count = ARGV[1], ARGV[4], (#ARGV - 12) / 2
local unknown, short, gone, over = {}, {}, {}, {}
local buyer = 5 + 2 * count
for i = 1, count do
  local counter = KEYS[4 + 2 * i]
  local units, limit = tonumber(ARGV[11 + 2 * i]), tonumber(ARGV[12 + 2 * i])
  local counts = redis.call('HGET', counter, 'epoch') == epoch
  local lack = not counts and 'unknown' or lacking(counter, id, units)
  if lack == 'unknown' then unknown[#unknown + 1] = i - 1
  elseif lack then
    short[#short + 1] = i - 1
    if lack == 'gone' then gone[#gone + 1] = i - 1 end
  end
  if limit > 0 then
    buyer = buyer + 1
    local taken = units
    for _, earlier in ipairs(redis.call('HVALS', KEYS[buyer])) do taken = taken + earlier end
    if taken > limit then over[#over + 1] = i - 1 end
  end
end
if #unknown > 0 then return {'unknown', unknown, {}, epoch} end
if #short > 0 then return {'short', short, gone, epoch} end
if #over > 0 then return {'over', over, {}, epoch} end
local address = ''
if ARGV[7] ~= '' then
  address = addressOf(KEYS[5], ARGV[7], ARGV[8], id, ARGV[9], epoch)
  if not address then return {'unread'} end
  if ARGV[8] == '' then message = string.sub(message, 1, -3) .. ',"address":' .. address .. '}}' end
end
buyer = 5 + 2 * count
for i = 1, count do
  take(KEYS[4 + 2 * i], KEYS[5 + 2 * i], id, ARGV[11 + 2 * i])
  if ARGV[12 + 2 * i] ~= '0' then
    buyer = buyer + 1
    redis.call('HSET', KEYS[buyer], id, ARGV[11 + 2 * i])
  end
end
redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. ARGV[3], 'EX', ARGV[5])
redis.call('HSET', KEYS[2], 'message', message)
redis.call('ZADD', KEYS[3], now() + ARGV[6], id)
redis.call('SADD', KEYS[4], id)
local half = ${LEASE_MILLIS / 2}
local due = redis.call('PTTL', '${LEASE}') < half
  and redis.call('SET', '${RENEWING}', '', 'NX', 'PX', half)
return {'held', address, due and now() or 0, epoch}`

/**
 * Takes the holds of orders away that the database has decided on, each together with the row that
 * includes it. Safe to run again.
 *
 * ARGV[1]: JSON of {unsettled, epoch, rows: [[counter, holds, left, version, seconds?]…],
 *   orders: [[order id, hold, pending, released, [[counter, holds, buyer]…]]…]}
 */
export const settleScript = (countersLua: string) => `${countersLua}${STAMP_LUA}
local plan = cjson.decode(ARGV[1])
for _, order in ipairs(plan.orders) do
  local id, hold, pending, released, items = unpack(order)
  for _, item in ipairs(items) do
    giveBack(item[1], item[2], id)
    if released then redis.call('HDEL', item[3], id) end
  end
  redis.call('DEL', hold)
  redis.call('ZREM', plan.unsettled, id)
  redis.call('SREM', pending, id)
end
for _, row in ipairs(plan.rows) do
  mirror(row[1], row[2], row[3], row[4])
  stamp(row[1], plan.epoch)
  if row[5] then redis.call('EXPIRE', row[1], row[5]) end
end
return #plan.orders`

/**
 * Claims holds whose message should have been handled by now. Each claim puts the next one off for
 * twice as long, so that a long outage of the database does not fill the queue with copies.
 * KEYS: unsettled. ARGV: ms until the first relay, count.
 */
export const overdueScript = () => `${NOW_LUA}
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now(), 'LIMIT', 0, ARGV[2])
local messages = {}
for _, id in ipairs(ids) do
  local hold = 'order:hold:' .. id
  local message = redis.call('HGET', hold, 'message')
  if message then
    local relays = redis.call('HINCRBY', hold, 'relays', 1)
    redis.call('ZADD', KEYS[1], now() + ARGV[1] * 2 ^ math.min(relays, 7), id)
    messages[#messages + 1] = message
  else
    redis.call('ZREM', KEYS[1], id)
  end
end
return messages`

export const OF_USER = `
local messages = {}
for _, id in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local message = redis.call('HGET', 'order:hold:' .. id, 'message')
  if message then messages[#messages + 1] = message end
end
return messages`

export const MESSAGES_OF = `
local messages = {}
for _, key in ipairs(KEYS) do
  local message = redis.call('HGET', key, 'message')
  if message then messages[#messages + 1] = message end
end
return messages`
