import { describe, expect, it, vi } from 'vitest'
import { createAuth } from '../../../shared/domain/auth/auth.ts'
import type { UserView } from '../../../shared/domain/users/schemas.ts'
import { SessionEnded, Unavailable } from '../../../shared/platform/errors/standard.ts'

const user: UserView = { id: '7', nickname: '', role: 'user' }

function setup(resume: () => Promise<UserView>) {
  const rotateSession = vi.fn(async () => ({ sessionId: 's', refreshToken: 's.next' }))
  const signAccess = vi.fn(async () => 'access')
  const auth = createAuth({
    users: { resume, signIn: async () => user },
    openidOfCode: async () => 'openid',
    openSession: async () => ({ sessionId: 's', refreshToken: 's.first' }),
    ownerOf: async () => user.id,
    rotateSession,
    endSession: async () => true,
    endSessions: async () => {},
    sessionsOf: async () => [],
    signAccess,
    accessTokenSeconds: 900,
  })
  return { auth, rotateSession, signAccess }
}

describe('a refresh', () => {
  it('gives tokens with the role that the user has now', async () => {
    const { auth, signAccess } = setup(async () => ({ ...user, role: 'admin' }))
    expect(await auth.refresh('s.first')).toEqual({
      accessToken: 'access',
      refreshToken: 's.next',
      expiresIn: 900,
      user: { ...user, role: 'admin' },
    })
    expect(signAccess).toHaveBeenCalledWith({ id: '7', role: 'admin', sessionId: 's' })
  })

  it('does not use the token up where the user cannot be read', async () => {
    for (const error of [Unavailable.because('database', undefined), new SessionEnded()]) {
      const { auth, rotateSession } = setup(() => Promise.reject(error))
      await expect(auth.refresh('s.first')).rejects.toBe(error)
      expect(rotateSession).not.toHaveBeenCalled()
    }
  })
})
