import * as z from 'zod/mini'
import { Id, text } from '../../platform/http/fields.ts'

const MAX_DELTA = 1_000_000

/** Units received (more than 0) or corrected away (less than 0), and why. */
export const StockChange = z.strictObject({
  delta: z.int().check(
    z.gte(-MAX_DELTA),
    z.lte(MAX_DELTA),
    z.refine((delta) => delta !== 0, 'must not be 0'),
  ),
  reason: text(1, 200),
})

/** Always received = sold + held + available. */
export const StockView = z.object({
  skuId: Id,
  received: z.int(),
  sold: z.int(),
  held: z.int(),
  available: z.int(),
})
