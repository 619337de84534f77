// POST /api/auth/login: trades a code of wx.login for tokens.
import type { Auth } from '../../shared/domain/auth/auth.ts'
import { auth } from '../../shared/domain/auth/index.ts'
import { Login, Tokens } from '../../shared/domain/auth/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { languageOf } from '../../shared/domain/users/language.ts'
import { route } from '../../shared/platform/http/route.ts'
import { WeChatRefusedCode } from '../../shared/platform/wechat/session.ts'

export const build = (service: Pick<Auth, 'login'>) =>
  route(
    {
      method: 'POST',
      path: '/api/auth/login',
      summary: 'Signs in with a code of wx.login',
      auth: 'public',
      limit: limits.login,
      idempotent: { not: 'answers tokens; each code is good once' },
      body: Login,
      replies: { 200: Tokens },
      errors: [WeChatRefusedCode],
    },
    ({ body, headers }) =>
      service.login(body.code, headers['user-agent'] ?? '', languageOf(headers['accept-language'])),
  )

export const handler = build(auth())
