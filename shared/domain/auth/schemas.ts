import * as z from 'zod/mini'
import { Time } from '../../platform/http/fields.ts'
import { UserView } from '../users/schemas.ts'

export const Login = z.strictObject({ code: z.string().check(z.minLength(1), z.maxLength(256)) })
export const Refresh = z.strictObject({
  refreshToken: z.string().check(z.minLength(1), z.maxLength(256)),
})

/** `expiresIn`: seconds for which the access token is good. */
export const Tokens = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  expiresIn: z.int(),
  user: UserView,
})
export type Tokens = z.output<typeof Tokens>

/** Public keys (RFC 7517). */
export const Jwks = z.object({ keys: z.array(z.looseObject({ kid: z.string() })) })

/** One of a user's devices; `current` is the one that asks. */
export const SessionView = z.object({
  id: z.string(),
  device: z.string(),
  createdAt: Time,
  current: z.boolean(),
})
export type SessionView = z.output<typeof SessionView>

export const BySession = z.strictObject({
  id: z.string().check(z.regex(/^[\w-]{22}$/, 'must be an id of a session')),
})
