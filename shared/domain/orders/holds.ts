import type { Message } from '../../platform/queue/message.ts'
import type { RedisClient } from '../../platform/redis/client.ts'
import { script } from '../../platform/redis/script.ts'
import { claimCounterKey, claimHoldsKey } from '../coupons/keys.ts'
import type { ClaimKey, ClaimRow } from '../coupons/repository.ts'
import { MIRROR_LUA, type StockRow } from '../stock/counters.ts'
import { buyerKey, counterKey, holdsKey } from '../stock/keys.ts'
import type { AcceptedOrder } from './order.ts'

/** Seconds for which a key gives the same answer. */
const KEY_SECONDS = 86_400

/** Seconds after which Redis forgets a user's claims of a coupon; they are loaded again when needed. */
const CLAIMS_SECONDS = 86_400

const idempotencyKey = (userId: string, key: string) => `order:key:${userId}:${key}`
const holdKey = (orderId: string) => `order:hold:${orderId}`
const pendingKey = (userId: string) => `order:pending:${userId}`
/** Sorted set of all unsettled holds by the time (ms) at which the relay is to send their message. */
const UNSETTLED = 'order:unsettled'

/** Redis's own clock, in milliseconds: those of the containers differ. */
const NOW_LUA = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`

/**
 * All or nothing: the idempotency record, the counters, the purchase limits and the hold. A coupon is
 * held as a SKU is: one unit of what its user has of it.
 * Safe to run again: the record answers the second run.
 *
 * KEYS: record, hold, unsettled, pending, then counter, holds, buyer for each item and the coupon.
 * ARGV: order id, body hash, answer, message, seconds of the record, ms until the relay looks at it,
 *   then units, limit for each item and the coupon.
 */
const PLACE = `${NOW_LUA}
local record = redis.call('GET', KEYS[1])
if record then
  local cut = string.find(record, ' ', 1, true)
  if string.sub(record, 1, cut - 1) ~= ARGV[2] then return {'reused'} end
  return {'replayed', string.sub(record, cut + 1)}
end
local unknown, short, over = {'unknown'}, {'short'}, {'over'}
local count = (#KEYS - 4) / 3
for i = 1, count do
  local counter, buyer = KEYS[2 + 3 * i], KEYS[4 + 3 * i]
  local units, limit = tonumber(ARGV[5 + 2 * i]), tonumber(ARGV[6 + 2 * i])
  local state = redis.call('HMGET', counter, 'base', 'held')
  if not state[1] then unknown[#unknown + 1] = i - 1
  elseif tonumber(state[1]) - tonumber(state[2]) < units then short[#short + 1] = i - 1
  elseif limit > 0 then
    local taken = units
    for _, earlier in ipairs(redis.call('HVALS', buyer)) do taken = taken + tonumber(earlier) end
    if taken > limit then over[#over + 1] = i - 1 end
  end
end
if #unknown > 1 then return unknown end
if #short > 1 then return short end
if #over > 1 then return over end
for i = 1, count do
  local counter, holds, buyer = KEYS[2 + 3 * i], KEYS[3 + 3 * i], KEYS[4 + 3 * i]
  redis.call('HINCRBY', counter, 'held', ARGV[5 + 2 * i])
  redis.call('HSET', holds, ARGV[1], ARGV[5 + 2 * i])
  if tonumber(ARGV[6 + 2 * i]) > 0 then redis.call('HSET', buyer, ARGV[1], ARGV[5 + 2 * i]) end
end
redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. ARGV[3], 'EX', ARGV[5])
redis.call('HSET', KEYS[2], 'message', ARGV[4], 'relays', 0)
redis.call('ZADD', KEYS[3], now() + ARGV[6], ARGV[1])
redis.call('SADD', KEYS[4], ARGV[1])
return {'held'}`

/**
 * Takes the holds of orders away that the database has decided on, each together with the row that
 * includes it. Safe to run again.
 *
 * ARGV[1]: JSON of {unsettled, rows: [[counter, holds, left, version, seconds?]…],
 *   orders: [[order id, hold, pending, released, [[counter, holds, buyer]…]]…]}
 */
const SETTLE = `${MIRROR_LUA}
local plan = cjson.decode(ARGV[1])
for _, order in ipairs(plan.orders) do
  local id, hold, pending, released, items = unpack(order)
  for _, item in ipairs(items) do
    local units = redis.call('HGET', item[2], id)
    if units then
      redis.call('HDEL', item[2], id)
      if redis.call('HEXISTS', item[1], 'base') == 1 then
        redis.call('HINCRBY', item[1], 'held', -units)
      end
    end
    if released then redis.call('HDEL', item[3], id) end
  end
  redis.call('DEL', hold)
  redis.call('ZREM', plan.unsettled, id)
  redis.call('SREM', pending, id)
end
for _, row in ipairs(plan.rows) do
  mirror(row[1], row[2], row[3], row[4])
  if row[5] then redis.call('EXPIRE', row[1], row[5]) end
end
return #plan.orders`

/**
 * Claims holds whose message should have been handled by now. Each claim puts the next one off for
 * twice as long, so that a long outage of the database does not fill the queue with copies.
 * KEYS: unsettled. ARGV: ms until the first relay, count.
 */
const OVERDUE = `${NOW_LUA}
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

const OF_USER = `
local messages = {}
for _, id in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local message = redis.call('HGET', 'order:hold:' .. id, 'message')
  if message then messages[#messages + 1] = message end
end
return messages`

const MESSAGES_OF = `
local messages = {}
for _, key in ipairs(KEYS) do
  local message = redis.call('HGET', key, 'message')
  if message then messages[#messages + 1] = message end
end
return messages`

export type OrderMessage = Message<AcceptedOrder>

export type Placement = {
  message: OrderMessage
  /** What the client sends to tell a retry from a new order. */
  key: string
  bodyHash: string
  /** The answer as JSON, for every later request with the same key. */
  answer: string
  /** Most units per user, in the order of the items; 0 for no limit. */
  limits: number[]
}

export type Earlier =
  /** The key was used before with this body: `answer` is what it got. */
  | { outcome: 'replayed'; answer: string }
  /** The key was used before with another body. */
  | { outcome: 'reused' }

export type Placed =
  | { outcome: 'held' }
  | Earlier
  /** Positions of items, and whether the coupon: no counter yet, too few left, or above the limit. */
  | { outcome: 'unknown' | 'short' | 'over'; items: number[]; coupon: boolean }

/** What a hold is known by. */
export type HeldOrder = Pick<AcceptedOrder, 'orderId' | 'userId' | 'items' | 'couponId'>
export type Settled = { order: HeldOrder; released: boolean }
/** The rows that an order takes from, as a transaction left them. */
export type TakenRows = { stock: readonly StockRow[]; claims: readonly ClaimRow[] }

/** What an order takes of: its SKUs, then its coupon, of which no buyer is kept. */
function thingsOf({ userId, items, couponId }: HeldOrder) {
  const skus = items.map(({ skuId, quantity }) => ({
    keys: [counterKey(skuId), holdsKey(skuId), buyerKey(skuId, userId)],
    units: quantity,
  }))
  if (couponId === undefined) return skus
  const [counter, holds] = claimKeys({ userId, couponId })
  return [...skus, { keys: [counter, holds, holds], units: 1 }]
}

const claimKeys = ({ userId, couponId }: ClaimKey): [counter: string, holds: string] => [
  claimCounterKey(userId, couponId),
  claimHoldsKey(userId, couponId),
]

/**
 * The holds: accepted orders that live in Redis until the database has decided on them.
 * @param relayAfterSeconds age of a hold from which its message is taken not to have been sent
 * @param mark sends users to the primary for what replicas may not have yet
 */
export function createHolds(
  redis: RedisClient,
  relayAfterSeconds: number,
  mark: (userIds: readonly string[]) => Promise<void> = async () => {},
) {
  const relayAfterMillis = relayAfterSeconds * 1000
  const place = script<[Placed['outcome'], ...unknown[]]>(redis, PLACE)
  const settle = script<number>(redis, SETTLE)
  const overdue = script<string[]>(redis, OVERDUE)

  const ofUser = script<string[]>(redis, OF_USER)
  const messagesOf = script<string[]>(redis, MESSAGES_OF)
  const read = (raw: string) => JSON.parse(raw) as OrderMessage

  return {
    /** Tries to hold the units of an order; one call, all or nothing. */
    async place({ message, key, bodyHash, answer, limits }: Placement): Promise<Placed> {
      const { orderId, userId, items } = message.data
      const things = thingsOf(message.data)
      const [outcome, ...rest] = await place(
        [
          idempotencyKey(userId, key),
          holdKey(orderId),
          UNSETTLED,
          pendingKey(userId),
          ...things.flatMap(({ keys }) => keys),
        ],
        [
          orderId,
          bodyHash,
          answer,
          JSON.stringify(message),
          KEY_SECONDS,
          relayAfterMillis,
          ...things.flatMap(({ units }, index) => [units, limits[index] ?? 0]),
        ],
      )
      if (outcome === 'held' || outcome === 'reused') return { outcome }
      if (outcome === 'replayed') return { outcome, answer: String(rest[0]) }
      const positions = rest.map(Number)
      const coupon = positions.at(-1) === items.length
      return { outcome, items: coupon ? positions.slice(0, -1) : positions, coupon }
    },

    /** @returns what a key was used for before, or undefined; for orders that can't be placed any more */
    async recall(userId: string, key: string, bodyHash: string): Promise<Earlier | undefined> {
      const record = await redis.get<string>(idempotencyKey(userId, key))
      if (record === null) return undefined
      const [hash, answer] = splitOnce(record, ' ')
      return hash === bodyHash ? { outcome: 'replayed', answer } : { outcome: 'reused' }
    },

    /**
     * Ends holds after the commit that decided on their orders, and brings counters up to rows; older
     * rows change nothing. Before a hold ends its user is marked: who does not find it any more reads the
     * order where it is.
     * @param rows what the orders took from, as that transaction left it
     */
    async settle(orders: readonly Settled[], { stock, claims }: TakenRows): Promise<void> {
      const plan = {
        unsettled: UNSETTLED,
        rows: [
          ...stock.map((row) => [
            counterKey(row.skuId),
            holdsKey(row.skuId),
            row.stock,
            row.version,
          ]),
          ...claims.map((row) => [...claimKeys(row), row.left, row.version, CLAIMS_SECONDS]),
        ],
        orders: orders.map(({ order, released }) => [
          order.orderId,
          holdKey(order.orderId),
          pendingKey(order.userId),
          released,
          thingsOf(order).map(({ keys }) => keys),
        ]),
      }
      await mark([...new Set(orders.map(({ order }) => order.userId))])
      await settle([UNSETTLED], [JSON.stringify(plan)])
    },

    /** @returns the accepted order, as long as it is held */
    async find(orderId: string): Promise<AcceptedOrder | undefined> {
      const raw = await redis.hget<string>(holdKey(orderId), 'message')
      return raw === null ? undefined : read(raw).data
    },

    /** @returns those of the orders that are held */
    async findMany(orderIds: readonly string[]): Promise<AcceptedOrder[]> {
      if (orderIds.length === 0) return []
      return (await messagesOf(orderIds.map(holdKey), [])).map((raw) => read(raw).data)
    },

    /** @returns a user's held orders, in no order */
    async ofUser(userId: string): Promise<AcceptedOrder[]> {
      return (await ofUser([pendingKey(userId)], [])).map((raw) => read(raw).data)
    },

    /** Claims at most `count` overdue holds for sending again. */
    async overdue(count: number): Promise<OrderMessage[]> {
      return (await overdue([UNSETTLED], [relayAfterMillis, count])).map(read)
    },
  }
}

/** The record of a key is the hash of its body, a space, and the answer. */
function splitOnce(text: string, separator: string): [before: string, after: string] {
  const cut = text.indexOf(separator)
  return [text.slice(0, cut), text.slice(cut + 1)]
}

export type Holds = ReturnType<typeof createHolds>
