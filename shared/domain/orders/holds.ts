import type { Message } from '../../platform/queue/message.ts'
import type { RedisClient } from '../../platform/redis/client.ts'
import { script } from '../../platform/redis/script.ts'
import { BOOK_SECONDS, bookKey } from '../addresses/book.ts'
import type { DeliveryAddress } from '../addresses/schemas.ts'
import { CLAIMS_SECONDS, claimCounterKey, claimHoldsKey } from '../coupons/keys.ts'
import type { ClaimKey, ClaimRow } from '../coupons/repository.ts'
import type { Grant, Untrusted } from '../intake/intake.ts'
import { UNSURE } from '../intake/keys.ts'
import { COUNTERS_LUA, type StockRow } from '../stock/counters.ts'
import { buyerKey, counterKey, holdsKey } from '../stock/keys.ts'
import { noteRows } from '../stock/sold-out.ts'
import { MESSAGES_OF, OF_USER, overdueScript, placeScript, settleScript } from './hold-scripts.ts'
import type { AcceptedOrder } from './order.ts'

/** Seconds for which a key gives the same answer. */
export const KEY_SECONDS = 86_400
/** Redis keeps it longer: when it has forgotten a key, the database has, whose clock is another. */
const RECORD_SECONDS = KEY_SECONDS + 600

const idempotencyKey = (userId: string, key: string) => `order:key:${userId}:${key}`
const holdKey = (orderId: string) => `order:hold:${orderId}`
const pendingKey = (userId: string) => `order:pending:${userId}`
/** Sorted set of all unsettled holds by the time (ms) at which the relay is to send their message. */
const UNSETTLED = 'order:unsettled'

export type OrderMessage = Message<AcceptedOrder>

export type Placement = {
  /** Without the address, unless that was read: Redis may have it. */
  message: OrderMessage
  /** The address that the order goes to. */
  addressId?: string | undefined
  /** What the client sends to tell a retry from a new order. */
  key: string
  bodyHash: string
  /** The answer as JSON, for every later request with the same key. */
  answer: string
  /** Most units per user, in the order of the items; 0 for no limit. */
  limits: number[]
  /** A lease for Redis to take orders under. */
  grant?: Grant | undefined
  /** The database was asked, and does not know the key. */
  sure?: boolean
}

export type Earlier =
  /** The key was used before with this body: `answer` is what it got. */
  | { outcome: 'replayed'; answer: string }
  /** The key was used before with another body. */
  | { outcome: 'reused' }

export type Placed =
  /** `message` has the address. `renew`: the lease is to be renewed, which only this caller is told. */
  | { outcome: 'held'; message: OrderMessage; renew?: Grant }
  /** Redis has no lease to take orders. */
  | ({ outcome: 'untrusted' } & Untrusted)
  /** Redis may not know what the key was used for: ask the database, and place it again. */
  | { outcome: 'unsure' }
  | Earlier
  /** Redis does not have the address: read it, and place the order with it. */
  | { outcome: 'unread' }
  /**
   * Positions of items, and whether the coupon: no counter yet, too few left, or above the limit.
   * `gone`: items of which the database has none at all. `epoch`: of Redis, for loading counters.
   */
  | {
      outcome: 'unknown' | 'short' | 'over'
      items: number[]
      coupon: boolean
      gone: number[]
      epoch: string
    }

/** What a hold is known by. */
export type HeldOrder = Pick<AcceptedOrder, 'orderId' | 'userId' | 'items' | 'couponId'>
export type Settled = { order: HeldOrder; released: boolean }
/** The rows that an order takes from, as a transaction left them. */
export type TakenRows = { stock: readonly StockRow[]; claims: readonly ClaimRow[] }

type Thing = { keys: [counter: string, holds: string, buyer: string]; units: number }

/** What an order takes of: its SKUs, then its coupon, of which no buyer is kept. */
function thingsOf({ userId, items, couponId }: HeldOrder): Thing[] {
  const skus = items.map(
    ({ skuId, quantity }): Thing => ({
      keys: [counterKey(skuId), holdsKey(skuId), buyerKey(skuId, userId)],
      units: quantity,
    }),
  )
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
 * @param countersLua how counters are kept
 */
export function createHolds(
  redis: RedisClient,
  relayAfterSeconds: number,
  mark: (userIds: readonly string[]) => Promise<void> = async () => {},
  countersLua = COUNTERS_LUA,
) {
  const relayAfterMillis = relayAfterSeconds * 1000
  const place = script<[Placed['outcome'], ...unknown[]]>(redis, placeScript(countersLua))
  const settle = script<number>(redis, settleScript(countersLua))
  const overdue = script<string[]>(redis, overdueScript())

  const ofUser = script<string[]>(redis, OF_USER)
  const messagesOf = script<string[]>(redis, MESSAGES_OF)
  const read = (raw: string) => JSON.parse(raw) as OrderMessage

  return {
    /** Tries to hold the units of an order; one call, all or nothing. */
    async place({
      message,
      addressId = '',
      key,
      bodyHash,
      answer,
      limits,
      grant = { epoch: '', asked: 0 },
      sure = false,
    }: Placement): Promise<Placed> {
      const { orderId, userId, items, address } = message.data
      const things = thingsOf(message.data)
      const limited = things.flatMap(({ keys }, index) => (limits[index] ? [keys[2]] : []))
      const [outcome, told, more, epoch] = await place(
        [
          idempotencyKey(userId, key),
          holdKey(orderId),
          UNSETTLED,
          pendingKey(userId),
          bookKey(userId),
          ...things.flatMap(({ keys: [counter, holds] }) => [counter, holds]),
          ...limited,
        ],
        [
          orderId,
          bodyHash,
          answer,
          JSON.stringify(message),
          RECORD_SECONDS,
          relayAfterMillis,
          addressId,
          address === undefined ? '' : JSON.stringify(address),
          BOOK_SECONDS,
          grant.epoch,
          grant.asked,
          sure ? 1 : '',
          ...things.flatMap(({ units }, index) => [units, limits[index] ?? 0]),
        ],
      )
      switch (outcome) {
        case 'held': {
          const held = told === '' ? message : withAddress(message, String(told))
          const asked = Number(more)
          if (asked === 0) return { outcome, message: held }
          return { outcome, message: held, renew: { epoch: String(epoch), asked } }
        }
        case 'untrusted':
          return { outcome, asked: Number(told), epoch: String(more) }
        case 'replayed':
          return { outcome, answer: String(told) }
        case 'reused':
        case 'unsure':
        case 'unread':
          return { outcome }
        default: {
          const positions = (told as unknown[]).map(Number)
          const coupon = positions.at(-1) === items.length
          return {
            outcome,
            items: coupon ? positions.slice(0, -1) : positions,
            coupon,
            gone: ((more ?? []) as unknown[]).map(Number).filter((index) => index < items.length),
            epoch: String(epoch ?? ''),
          }
        }
      }
    },

    /**
     * What a key was used for before; for orders that can't be placed any more.
     * @returns undefined where it was not used, 'unsure' where Redis may not know
     */
    async recall(
      userId: string,
      key: string,
      bodyHash: string,
    ): Promise<Earlier | { outcome: 'unsure' } | undefined> {
      const [record, unsure] = await redis.send<(string | null)[]>([
        ...['MGET', idempotencyKey(userId, key), UNSURE],
      ])
      if (typeof record !== 'string') return unsure === null ? undefined : { outcome: 'unsure' }
      const [hash, answer] = splitOnce(record, ' ')
      return hash === bodyHash ? { outcome: 'replayed', answer } : { outcome: 'reused' }
    },

    /**
     * Ends holds after the commit that decided on their orders, and brings counters up to rows; older
     * rows change nothing. Before a hold ends its user is marked: who does not find it any more reads the
     * order where it is.
     * @param rows what the orders took from, as that transaction left it
     * @param epoch of Redis, where the rows were read in it: then their counters count
     */
    async settle(
      orders: readonly Settled[],
      { stock, claims }: TakenRows,
      epoch = '',
    ): Promise<void> {
      const plan = {
        epoch,
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
      noteRows(stock)
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

    /** @returns the ids of all orders that are held, those first that the relay is to look at first */
    unsettled(): Promise<string[]> {
      return redis.send(['ZRANGE', UNSETTLED, 0, -1])
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

function withAddress(message: OrderMessage, address: string): OrderMessage {
  const data = { ...message.data, address: JSON.parse(address) as DeliveryAddress }
  return { ...message, data }
}

/** The record of a key is the hash of its body, a space, and the answer. */
function splitOnce(text: string, separator: string): [before: string, after: string] {
  const cut = text.indexOf(separator)
  return [text.slice(0, cut), text.slice(cut + 1)]
}

export type Holds = ReturnType<typeof createHolds>
