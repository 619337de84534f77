import * as z from 'zod/mini'
import { Email, Id } from '../../platform/http/fields.ts'
import { AvatarUrl, Nickname } from './profile.ts'

export const UserView = z.object({
  id: Id,
  nickname: z.string(),
  avatarUrl: z.optional(z.string()),
  email: z.optional(z.string()),
  phone: z.optional(z.string()),
  role: z.enum(['user', 'admin']),
})
export type UserView = z.output<typeof UserView>

/** Any of the fields; null takes e-mail or picture away. */
export const UserChange = z
  .strictObject({
    nickname: z.optional(Nickname),
    avatarUrl: z.optional(z.nullable(AvatarUrl)),
    email: z.optional(z.nullable(Email)),
  })
  .check(z.refine((change) => Object.keys(change).length > 0, 'name at least one field to change'))
export type UserChange = z.output<typeof UserChange>

/** A code of `getPhoneNumber` (not of `wx.login`). */
export const PhoneCode = z.strictObject({
  code: z.string().check(z.minLength(1), z.maxLength(256)),
})

/** Mainland numbers as they are dialled there, others with `+` and country code. */
export const PhoneView = z.object({ phone: z.string() })
export type PhoneView = z.output<typeof PhoneView>
