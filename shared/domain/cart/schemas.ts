import * as z from 'zod/mini'
import { Fen, Id } from '../../platform/http/fields.ts'

const MAX_QUANTITY = 999

export const BySku = z.strictObject({ skuId: Id })

/** Left out, `selected` stays as it is; something new is selected. */
export const CartChange = z.strictObject({
  quantity: z.int().check(z.gte(1), z.lte(MAX_QUANTITY)),
  selected: z.optional(z.boolean()),
})
export type CartChange = z.output<typeof CartChange>

/** Title and price are those of today. What is no longer on sale stays in the cart and counts nothing. */
export const CartItem = z.object({
  skuId: Id,
  productId: Id,
  title: z.string(),
  skuTitle: z.string(),
  image: z.optional(z.string()),
  priceFen: Fen,
  quantity: z.int(),
  selected: z.boolean(),
  onSale: z.boolean(),
})
export type CartItem = z.output<typeof CartItem>

/** `totalFen`: of what is selected and on sale. */
export const CartView = z.object({ items: z.array(CartItem), totalFen: Fen })
export type CartView = z.output<typeof CartView>
