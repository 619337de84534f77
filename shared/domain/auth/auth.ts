import type { Identity } from '../../platform/auth/identity.ts'
import type { OpenedSession, SessionInfo } from '../../platform/auth/sessions.ts'
import { NotFound } from '../../platform/errors/standard.ts'
import type { Language } from '../users/language.ts'
import type { Users } from '../users/users.ts'
import type { SessionView, Tokens } from './schemas.ts'

export type AuthDeps = {
  users: Pick<Users, 'signIn' | 'resume'>
  openidOfCode(code: string): Promise<string>
  openSession(userId: string, device: string): Promise<OpenedSession>
  ownerOf(refreshToken: string): Promise<string>
  rotateSession(refreshToken: string): Promise<OpenedSession>
  endSession(userId: string, sessionId: string): Promise<boolean>
  endSessions(userId: string): Promise<void>
  sessionsOf(userId: string): Promise<SessionInfo[]>
  signAccess(identity: Identity): Promise<string>
  accessTokenSeconds: number
}

/** Signing in and out. */
export function createAuth(deps: AuthDeps) {
  async function tokens(session: OpenedSession, user: Tokens['user']): Promise<Tokens> {
    const { sessionId, refreshToken } = session
    const accessToken = await deps.signAccess({ id: user.id, role: user.role, sessionId })
    return { accessToken, refreshToken, expiresIn: deps.accessTokenSeconds, user }
  }

  return {
    /**
     * @param code from `wx.login`; WeChat takes each once
     * @param device what the client calls itself
     * @param language that its user reads, where it says so
     * @throws WeChatRefusedCode, Unavailable
     */
    async login(code: string, device: string, language?: Language): Promise<Tokens> {
      const user = await deps.users.signIn(await deps.openidOfCode(code), language)
      return tokens(await deps.openSession(user.id, device), user)
    },

    /**
     * Trades a refresh token for new tokens; the old one is used up, which comes last: until then a
     * client may try again as often as it likes, and after it for the length of the grace.
     * @throws NotSignedIn, SessionEnded, Unavailable
     */
    async refresh(refreshToken: string): Promise<Tokens> {
      const user = await deps.users.resume(await deps.ownerOf(refreshToken))
      return tokens(await deps.rotateSession(refreshToken), user)
    },

    /** @returns the user's devices, the newest sign-in first */
    async sessions({ id, sessionId }: Identity): Promise<SessionView[]> {
      const sessions = await deps.sessionsOf(id)
      return sessions.map((session) => ({
        id: session.id,
        device: session.device,
        createdAt: new Date(session.createdAt).toISOString(),
        current: session.id === sessionId,
      }))
    },

    /** Ends one of the user's sessions. @throws NotFound also where it is somebody else's */
    async end(userId: string, sessionId: string): Promise<null> {
      if (!(await deps.endSession(userId, sessionId))) throw new NotFound()
      return null
    },

    /** Ends all of the user's sessions, that of the caller among them. */
    async endAll(userId: string): Promise<null> {
      await deps.endSessions(userId)
      return null
    },

    /** Ends the session behind the access token. */
    async logout({ id, sessionId }: Identity): Promise<null> {
      await deps.endSession(id, sessionId)
      return null
    },
  }
}

export type Auth = ReturnType<typeof createAuth>
