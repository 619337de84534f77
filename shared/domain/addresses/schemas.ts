import * as z from 'zod/mini'
import { Id, text } from '../../platform/http/fields.ts'

/** A place to deliver to, as an order keeps it. */
const fields = {
  name: text(1, 32),
  phone: z
    .string()
    .check(z.trim(), z.regex(/^\+?[0-9][0-9 -]{4,18}$/, 'must be a telephone number')),
  province: text(1, 32),
  city: text(1, 32),
  district: text(1, 32),
  detail: text(1, 200),
}

/** The first address of a user becomes the default by itself. */
export const AddressInput = z.strictObject({ ...fields, isDefault: z.optional(z.boolean()) })
export type AddressInput = z.output<typeof AddressInput>

/** What an order keeps of an address. */
export const DeliveryAddress = z.object(fields)
export type DeliveryAddress = z.output<typeof DeliveryAddress>

export const AddressView = z.object({ id: Id, ...fields, isDefault: z.boolean() })
export type AddressView = z.output<typeof AddressView>
