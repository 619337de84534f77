// POST /api/auth/logout: ends the session behind the access token.
import * as z from 'zod/mini'
import type { Auth } from '../../shared/domain/auth/auth.ts'
import { auth } from '../../shared/domain/auth/index.ts'
import { limits } from '../../shared/domain/limits.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Auth, 'logout'>) =>
  route(
    {
      method: 'POST',
      path: '/api/auth/logout',
      summary: 'Ends the session; its tokens stop working within 5 seconds',
      auth: 'user',
      limit: limits.change,
      idempotent: { not: 'ends the session that it would come again with' },
      replies: { 200: z.null() },
    },
    ({ user }) => service.logout(user),
  )

export const handler = build(auth())
