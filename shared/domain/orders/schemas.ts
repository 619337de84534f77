import * as z from 'zod/mini'
import { Fen, Id, page, Time, text, Ulid } from '../../platform/http/fields.ts'
import { ORDER_STATES } from './machine.ts'

const MAX_ITEMS = 50
const MAX_QUANTITY = 999

export const PlaceOrder = z.strictObject({
  items: z
    .array(z.strictObject({ skuId: Id, quantity: z.int().check(z.gte(1), z.lte(MAX_QUANTITY)) }))
    .check(
      z.minLength(1),
      z.maxLength(MAX_ITEMS),
      z.refine(
        (items) => new Set(items.map(({ skuId }) => skuId)).size === items.length,
        'names a SKU twice: add its quantities up',
      ),
    ),
  addressId: z.optional(Id),
  couponId: z.optional(Id),
  remark: z.optional(text(0, 200)),
})
export type PlaceOrder = z.output<typeof PlaceOrder>

/** The answer to an accepted order. */
export const OrderReceipt = z.object({
  orderId: Ulid,
  status: z.literal('pending'),
  totalFen: Fen,
  expiresAt: Time,
})
export type OrderReceipt = z.output<typeof OrderReceipt>

export const ListOrders = z.strictObject({
  status: z.optional(z.enum(ORDER_STATES)),
  limit: page.limit,
  cursor: z.optional(Ulid),
})
export type ListOrders = z.output<typeof ListOrders>

/** What the database has: no pending ones. */
const STORED_STATES = ORDER_STATES.filter((state) => state !== 'pending')

export const ListAllOrders = z.extend(ListOrders, {
  status: z.optional(z.enum(STORED_STATES)),
  userId: z.optional(Id),
})
export type ListAllOrders = z.output<typeof ListAllOrders>

/** `carrier`: WeChat's code of the company (SF, YTO, …), as its shipping upload asks for it, or a name. */
export const Ship = z.strictObject({ carrier: text(1, 32), trackingNo: text(1, 64) })
export type Ship = z.output<typeof Ship>
