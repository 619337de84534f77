// DELETE /api/auth/sessions/{id}: signs one of the user's devices out.
import * as z from 'zod/mini'
import type { Auth } from '../../shared/domain/auth/auth.ts'
import { auth } from '../../shared/domain/auth/index.ts'
import { BySession } from '../../shared/domain/auth/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Auth, 'end'>) =>
  route(
    {
      method: 'DELETE',
      path: '/api/auth/sessions/{id}',
      summary: "Signs one of the user's devices out",
      auth: 'user',
      limit: limits.change,
      params: BySession,
      replies: { 200: z.null() },
      errors: [NotFound],
    },
    ({ user, params }) => service.end(user.id, params.id),
  )

export const handler = build(auth())
