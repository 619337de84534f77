// POST /api/auth/refresh: trades a refresh token, once, for new tokens.
import type { Auth } from '../../shared/domain/auth/auth.ts'
import { auth } from '../../shared/domain/auth/index.ts'
import { Refresh, Tokens } from '../../shared/domain/auth/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { NotSignedIn, SessionEnded } from '../../shared/platform/errors/standard.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Auth, 'refresh'>) =>
  route(
    {
      method: 'POST',
      path: '/api/auth/refresh',
      summary: 'New tokens for a refresh token, which is used up; its reuse ends the session',
      auth: 'public',
      limit: limits.refresh,
      idempotent: { not: 'answers tokens; what was lost is answered again within its grace' },
      body: Refresh,
      replies: { 200: Tokens },
      errors: [NotSignedIn, SessionEnded],
    },
    ({ body }) => service.refresh(body.refreshToken),
  )

export const handler = build(auth())
