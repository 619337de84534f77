import * as z from 'zod/mini'
import { Fen, Id, Time, Ulid } from '../../platform/http/fields.ts'
import { DeliveryAddress } from '../addresses/schemas.ts'

/** What an order can be; CONTRACT: pending → unpaid → paid → shipped → completed, and the exits. */
export const ORDER_STATES = [
  'pending',
  'unpaid',
  'paid',
  'shipped',
  'completed',
  'cancelled',
  'failed',
  'refunding',
  'refunded',
] as const
export type OrderState = (typeof ORDER_STATES)[number]

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
  totalFen: Fen,
  address: z.optional(DeliveryAddress),
  remark: z.optional(z.string()),
  createdAt: Time,
  expiresAt: Time,
})
export type AcceptedOrder = z.output<typeof AcceptedOrder>

/** An order as its owner sees it. */
export const OrderView = z.object({
  orderId: Ulid,
  status: z.enum(ORDER_STATES),
  totalFen: Fen,
  items: z.array(OrderItem),
  address: z.optional(DeliveryAddress),
  remark: z.optional(z.string()),
  reason: z.optional(z.string()),
  createdAt: Time,
  expiresAt: Time,
})
export type OrderView = z.output<typeof OrderView>

/** An accepted order that the database does not have yet. */
export function pendingView({ userId: _, ...order }: AcceptedOrder): OrderView {
  return { ...order, status: 'pending' }
}
