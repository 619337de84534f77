import { signAccess } from '../../platform/auth/access.ts'
import {
  endSession,
  endSessions,
  openSession,
  ownerOf,
  rotateSession,
  sessionsOf,
} from '../../platform/auth/sessions.ts'
import { settings } from '../../platform/config/index.ts'
import { once } from '../../platform/config/once.ts'
import { openidOfCode } from '../../platform/wechat/session.ts'
import { users } from '../users/index.ts'
import { createAuth } from './auth.ts'

export const auth = /* @__PURE__ */ once(() =>
  createAuth({
    users: users(),
    openidOfCode,
    openSession,
    ownerOf,
    rotateSession,
    endSession,
    endSessions,
    sessionsOf,
    signAccess,
    accessTokenSeconds: settings().ACCESS_TOKEN_SECONDS,
  }),
)
