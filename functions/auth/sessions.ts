// GET /api/auth/sessions: the devices on which the user is signed in.
import * as z from 'zod/mini'
import type { Auth } from '../../shared/domain/auth/auth.ts'
import { auth } from '../../shared/domain/auth/index.ts'
import { SessionView } from '../../shared/domain/auth/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Auth, 'sessions'>) =>
  route(
    {
      method: 'GET',
      path: '/api/auth/sessions',
      summary: 'The devices on which the user is signed in',
      auth: 'user',
      limit: limits.own,
      replies: { 200: z.array(SessionView) },
    },
    ({ user }) => service.sessions(user),
  )

export const handler = build(auth())
