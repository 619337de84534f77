// DELETE /api/auth/sessions: signs all of the user's devices out, this one too.
import * as z from 'zod/mini'
import type { Auth } from '../../shared/domain/auth/auth.ts'
import { auth } from '../../shared/domain/auth/index.ts'
import { limits } from '../../shared/domain/limits.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Auth, 'endAll'>) =>
  route(
    {
      method: 'DELETE',
      path: '/api/auth/sessions',
      summary: "Signs all of the user's devices out, this one too, within 5 seconds",
      auth: 'user',
      limit: limits.change,
      idempotent: { not: 'ends the session that it would come again with' },
      replies: { 200: z.null() },
    },
    ({ user }) => service.endAll(user.id),
  )

export const handler = build(auth())
