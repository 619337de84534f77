import * as z from 'zod/mini'
import { Fen, Id, Time, Ulid } from '../../platform/http/fields.ts'
import { DeliveryAddress } from '../addresses/schemas.ts'
import { ACTORS, EVENTS, ORDER_STATES } from './machine.ts'

/** One SKU of an order, with title and price as they were when it was placed. */
export const OrderItem = z.object({
  skuId: Id,
  productId: Id,
  title: z.string(),
  skuTitle: z.string(),
  image: z.optional(z.string()),
  priceFen: Fen,
  quantity: z.int(),
})
export type OrderItem = z.output<typeof OrderItem>

/** An order as it was accepted: all that the database will hold of it. */
export const AcceptedOrder = z.object({
  orderId: Ulid,
  userId: Id,
  items: z.array(OrderItem),
  /** What the coupon takes off the items. */
  discountFen: z.optional(Fen),
  couponId: z.optional(Id),
  /** What the buyer pays. */
  totalFen: Fen,
  address: z.optional(DeliveryAddress),
  remark: z.optional(z.string()),
  createdAt: Time,
  expiresAt: Time,
  /** The trace of the request that placed it, for the order's history. */
  traceId: z.optional(z.string()),
  /** Hashes of the Idempotency-Key and of the body that it was placed with. */
  key: z.optional(z.object({ hash: z.string(), body: z.string() })),
})
export type AcceptedOrder = z.output<typeof AcceptedOrder>

/** The parcel, once it is on its way. */
export const Shipment = z.object({ carrier: z.string(), trackingNo: z.string(), shippedAt: Time })

/** An order as its owner sees it; `reason` says why it came into its state, where there is a reason. */
export const OrderView = z.object({
  orderId: Ulid,
  status: z.enum(ORDER_STATES),
  itemsFen: Fen,
  discountFen: Fen,
  totalFen: Fen,
  couponId: z.optional(Id),
  items: z.array(OrderItem),
  address: z.optional(DeliveryAddress),
  remark: z.optional(z.string()),
  reason: z.optional(z.string()),
  createdAt: Time,
  expiresAt: Time,
  paidAt: z.optional(Time),
  shipment: z.optional(Shipment),
})
export type OrderView = z.output<typeof OrderView>

const EVENT = {
  step: z.enum(EVENTS),
  status: z.enum(ORDER_STATES),
  reason: z.optional(z.string()),
  at: Time,
}

/** An order with the steps that it took. */
export const OrderDetail = z.extend(OrderView, { history: z.array(z.object(EVENT)) })
export type OrderDetail = z.output<typeof OrderDetail>

/** One step of an order: which, by whom, and under which trace. */
export const OrderEvent = z.object({
  ...EVENT,
  actor: z.enum(ACTORS),
  actorId: z.optional(Id),
  traceId: z.optional(z.string()),
})
export type OrderEvent = z.output<typeof OrderEvent>

/** An order as admins see it. */
export const AdminOrder = z.extend(OrderView, { userId: Id })
export type AdminOrder = z.output<typeof AdminOrder>
export const AdminOrderDetail = z.extend(AdminOrder, { history: z.array(OrderEvent) })
export type AdminOrderDetail = z.output<typeof AdminOrderDetail>

/** @returns what the items cost before any discount, in fen */
export function itemsFenOf(items: readonly OrderItem[]): number {
  return items.reduce((sum, { priceFen, quantity }) => sum + priceFen * quantity, 0)
}

/** An accepted order that the database does not have yet. */
export function pendingView(accepted: AcceptedOrder): OrderView {
  const { userId: _, traceId: __, key: ___, discountFen = 0, ...order } = accepted
  return { ...order, itemsFen: itemsFenOf(order.items), discountFen, status: 'pending' }
}
