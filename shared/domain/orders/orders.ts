import { createHash } from 'node:crypto'
import { ulid } from 'ulid'
import type { Database } from '../../platform/database/database.ts'
import type { Reads } from '../../platform/database/reading.ts'
import { isOutage } from '../../platform/errors/api-error.ts'
import { NotFound, Unavailable, ValidationFailed } from '../../platform/errors/standard.ts'
import { MAX_FEN } from '../../platform/http/fields.ts'
import { type Outbox, toSend } from '../../platform/outbox/outbox.ts'
import type { Queue } from '../../platform/queue/queue.ts'
import { log } from '../../platform/telemetry/log.ts'
import { currentScope } from '../../platform/telemetry/scope.ts'
import type { DeliveryAddress } from '../addresses/schemas.ts'
import type { SkuForSale } from '../catalog/sku.ts'
import { type CouponRules, discountOf } from '../coupons/coupon.ts'
import { CouponUnusable } from '../coupons/errors.ts'
import type { ClaimKey, ClaimRow } from '../coupons/repository.ts'
import type { Intake } from '../intake/intake.ts'
import { OutOfStock } from '../stock/errors.ts'
import { noteSoldOut, soldOutAmong } from '../stock/sold-out.ts'
import { createAccept } from './accept.ts'
import { createOrderBook, findHeld, orAway, readOwn } from './book.ts'
import { createSettleDecided } from './decided.ts'
import type { Direct } from './direct.ts'
import { KeyReused, PurchaseLimit } from './errors.ts'
import type { Earlier, Holds, OrderMessage, Placed, Placement } from './holds.ts'
import { hashOfKey } from './key-repository.ts'
import { OrderAccepted } from './messages.ts'
import { type AcceptedOrder, itemsFenOf, type OrderView } from './order.ts'
import type { OrderReceipt, PlaceOrder } from './schemas.ts'
import { claimsOf } from './taken.ts'

export type OrderDeps = {
  database: Database
  reads: Reads
  holds: Pick<Holds, 'place' | 'settle' | 'recall' | 'find' | 'ofUser'>
  queue: Queue
  outbox: Pick<Outbox, 'add'>
  /** Finds SKUs by id; leaves out those that don't exist. */
  skus(ids: readonly string[]): Promise<Map<string, SkuForSale>>
  /** Finds the rules of coupons by id; leaves out those that don't exist. */
  coupons(ids: readonly string[]): Promise<Map<string, CouponRules>>
  /** What users have of coupons; leaves out what was never claimed. */
  claims(keys: readonly ClaimKey[]): Promise<ClaimRow[]>
  /** Finds an address of the user. */
  address(userId: string, id: string): Promise<DeliveryAddress | undefined>
  /** Fills the counters of SKUs that Redis does not have, in its epoch. */
  loadStock(skuIds: readonly string[], epoch: string): Promise<void>
  persist(orders: readonly AcceptedOrder[]): Promise<void>
  intake: Pick<Intake, 'untrusted' | 'unreachable' | 'renew'>
  /** Whether Redis is left, and what it held may be in no place where one can look. */
  isAway(): Promise<boolean>
  /** Takes orders without Redis. */
  direct: Pick<Direct, 'place' | 'recall'>
  /** Longest wait for a way to take an order, in milliseconds. */
  waitMillis?: number
  unpaidMinutes: number
}

/** Orders as their owner sees and handles them. */
export function createOrders(deps: OrderDeps) {
  const { database, holds, queue, direct } = deps
  const settleDecided = createSettleDecided(deps)
  const accept = createAccept({ ...deps, hold, addressed })

  async function price(body: PlaceOrder) {
    const skus = await deps.skus(body.items.map(({ skuId }) => skuId))
    const unknown = body.items.filter(({ skuId }) => skus.get(skuId)?.onSale !== true)
    if (unknown.length > 0) {
      throw new NotFound(
        unknown.map(({ skuId }) => ({ skuId })),
        { message: 'not on sale: see details' },
      )
    }
    return body.items.map(({ skuId, quantity }) => {
      const sku = skus.get(skuId) as SkuForSale
      const { productId, title, skuTitle, image, priceFen } = sku
      const item = { skuId, productId, title, skuTitle, priceFen, quantity }
      return {
        item: image === undefined ? item : { ...item, image },
        limit: sku.limitPerUser ?? 0,
      }
    })
  }

  /** The address as it is now: the order keeps it, whatever becomes of it later. */
  async function addressOf(userId: string, addressId: string): Promise<DeliveryAddress> {
    const found = await deps.address(userId, addressId)
    if (found === undefined) throw new NotFound([{ addressId }], { message: 'no such address' })
    const { name, phone, province, city, district, detail } = found
    return { name, phone, province, city, district, detail }
  }

  /** What the coupon takes off; whether the user has one left only the hold decides. */
  async function discountBy({ couponId }: PlaceOrder, itemsFen: number, at: Date) {
    if (couponId === undefined) return {}
    const coupon = (await deps.coupons([couponId])).get(couponId)
    if (coupon === undefined) throw new NotFound([{ couponId }], { message: 'no such coupon' })
    const discount = discountOf(coupon, itemsFen, at)
    if ('refused' in discount) throw new CouponUnusable({ reason: discount.refused })
    return { couponId, discountFen: discount.discountFen }
  }

  /**
   * The order as it would be accepted now, but for its address.
   * @throws NotFound, OutOfStock, ValidationFailed, CouponUnusable
   */
  async function draft(userId: string, body: PlaceOrder): Promise<Draft> {
    const gone = soldOutAmong(body.items.map(({ skuId }) => skuId))
    if (gone.length > 0) throw new OutOfStock(gone.map((skuId) => ({ skuId })))
    const lines = await price(body)
    const itemsFen = itemsFenOf(lines.map(({ item }) => item))
    if (itemsFen > MAX_FEN) {
      throw ValidationFailed.of([{ field: 'items', message: 'cost more than one order can' }])
    }
    const now = Date.now()
    const discount = await discountBy(body, itemsFen, new Date(now))
    const traceId = currentScope()?.traceId
    const order: AcceptedOrder = {
      orderId: ulid(now),
      userId,
      items: lines.map(({ item }) => item),
      ...discount,
      totalFen: itemsFen - (discount.discountFen ?? 0),
      ...(body.remark === undefined ? {} : { remark: body.remark }),
      ...(traceId === undefined ? {} : { traceId }),
      createdAt: new Date(now).toISOString(),
      expiresAt: new Date(now + deps.unpaidMinutes * 60_000).toISOString(),
    }
    return { order, limits: lines.map(({ limit }) => limit) }
  }

  /**
   * Holds the units and the claim; fills counters that Redis does not have and tries once more. So it
   * does where the coupon is short: claiming goes to the database alone, and its counter comes late; and
   * of a coupon that is mostly one, a hold that has not ended yet is all.
   */
  async function hold(placement: Placement): Promise<Placed> {
    const placed = await holds.place(placement)
    const { outcome } = placed
    if (outcome === 'unread') return holdAddressed(placement)
    if (outcome !== 'unknown' && !(outcome === 'short' && placed.coupon)) return placed
    const { epoch } = placed
    const order = placement.message.data
    if (outcome === 'unknown') {
      const missing = placed.items.flatMap((index) => order.items[index]?.skuId ?? [])
      await deps.loadStock(missing, epoch)
    }
    if (placed.coupon) {
      const held = await holds.ofUser(order.userId)
      await settleDecided(held.filter(({ couponId }) => couponId === order.couponId))
      const claims = await deps.claims(claimsOf([order]))
      await holds.settle([], { stock: [], claims }, epoch)
    }
    const again = await holds.place(placement)
    return again.outcome === 'unread' ? holdAddressed(placement) : again
  }

  async function addressed(placement: Placement): Promise<Placement> {
    const { message, addressId } = placement
    if (addressId === undefined) return placement
    const address = await addressOf(message.data.userId, addressId)
    return { ...placement, message: { ...message, data: { ...message.data, address } } }
  }

  /** The same with the address as the database has it; Redis keeps it for the next order. */
  const holdAddressed = async (placement: Placement): Promise<Placed> =>
    holds.place(await addressed(placement))

  /**
   * Puts the order where it outlives Redis: into the queue, or else into the outbox. The hold is what
   * counts, and where nothing takes the message the relay sends it from there.
   */
  async function announce(message: OrderMessage): Promise<void> {
    const { failed } = await queue.send('stock', [{ message }])
    if (failed.length === 0) return
    const { orderId } = message.data
    try {
      await deps.outbox.add(deps.database, [toSend('stock', message)])
      log.warn('order is not queued yet; the relay will send it', { orderId })
    } catch (error) {
      log.error('order is in Redis alone; the relay will send it', error, { orderId })
    }
  }

  /**
   * Makes sure that the database has an order, before a step is taken on it that only a row can
   * take: what is still pending is written here and now, as the stock job would.
   * @throws NotFound also where it is somebody else's
   */
  async function settled(userId: string, orderId: string): Promise<OrderView> {
    const { held, away } = await findHeld(deps, orderId)
    if (held !== undefined) {
      if (held.userId !== userId) throw new NotFound()
      await deps.persist([held])
    }
    return orAway(away, deps, () => readOwn(database, userId, orderId))
  }

  /** What a key was used for before, whichever way that went. */
  async function recall(userId: string, key: string, body: string): Promise<Earlier | undefined> {
    try {
      const earlier = await holds.recall(userId, key, body)
      return earlier?.outcome === 'unsure' ? direct.recall(userId, key, body) : earlier
    } catch (error) {
      if (!isOutage(error)) throw error
      return direct.recall(userId, key, body)
    }
  }

  return {
    ...createOrderBook(deps),
    settled,

    /**
     * Accepts an order: once it is held, or written, it is never lost.
     * @param key the client's Idempotency-Key: the same key and body get the same answer for a day
     * @throws NotFound, ValidationFailed, OutOfStock, PurchaseLimit, CouponUnusable, KeyReused;
     *   Unavailable where neither Redis nor the database takes it
     */
    async place(userId: string, key: string, body: PlaceOrder): Promise<OrderReceipt> {
      const bodyHash = hashOf(body)
      let drafted: Draft
      try {
        drafted = await draft(userId, body)
      } catch (error) {
        // What can't be ordered now may have been ordered before: the same key, the same answer.
        const earlier = await recall(userId, key, bodyHash)
        if (earlier === undefined) throw error
        return answerOf(earlier)
      }
      const { limits } = drafted
      const order = { ...drafted.order, key: { hash: hashOfKey(key), body: bodyHash } }
      const { orderId, totalFen, expiresAt } = order
      const receipt: OrderReceipt = { orderId, status: 'pending', totalFen, expiresAt }
      const message = OrderAccepted.of(order, { id: orderId })
      const answer = JSON.stringify(receipt)
      const { addressId } = body
      const placed = await accept({ message, addressId, key, bodyHash, answer, limits })
      switch (placed.outcome) {
        case 'held':
          await announce(placed.message)
          return receipt
        case 'replayed':
        case 'reused':
          return answerOf(placed)
        case 'short':
          if (placed.items.length === 0) throw new CouponUnusable({ reason: 'none left' })
          noteSoldOut(skusAt(order, placed.gone).map(({ skuId }) => skuId))
          throw new OutOfStock(skusAt(order, placed.items))
        case 'over':
          throw new PurchaseLimit(skusAt(order, placed.items))
        case 'unread':
          throw Unavailable.because('address', new Error('still unread after reading'))
        case 'unknown':
          if (placed.items.length === 0) throw new CouponUnusable({ reason: 'not claimed' })
          throw Unavailable.because('stock counters', new Error('still unknown after loading'))
      }
    },
  }
}

export type Orders = ReturnType<typeof createOrders>

/** An order that is not held yet, and how much of each item one user may have (0: any number). */
type Draft = { order: AcceptedOrder; limits: number[] }

/** @throws KeyReused where the key was used with another body */
function answerOf(earlier: Earlier): OrderReceipt {
  if (earlier.outcome === 'reused') throw new KeyReused()
  return JSON.parse(earlier.answer) as OrderReceipt
}

function skusAt({ items }: AcceptedOrder, positions: readonly number[]) {
  return positions.flatMap((position) => {
    const item = items[position]
    return item === undefined ? [] : [{ skuId: item.skuId }]
  })
}

/** The order of fields in a checked body is that of the schema, so equal bodies hash alike. */
function hashOf(body: PlaceOrder): string {
  const { items, addressId, couponId, remark } = body
  const fields = [items.map(({ skuId, quantity }) => [skuId, quantity]), addressId, remark]
  if (couponId !== undefined) fields.push(couponId)
  return createHash('sha256').update(JSON.stringify(fields)).digest('base64url')
}
