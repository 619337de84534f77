import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import * as sessions from '../../../shared/platform/auth/sessions.ts'
import { NotSignedIn, SessionEnded } from '../../../shared/platform/errors/standard.ts'
import { redis } from '../../../shared/platform/redis/client.ts'

const { closeSessions, endSession, endSessions, isSessionAlive } = sessions
const { openSession, ownerOf, rotateSession, sessionsOf } = sessions
const someUser = () => `test-${randomUUID()}`
afterEach(() => vi.restoreAllMocks())

/** The same module as another container has it: it remembers nothing of this one's sessions. */
async function anotherContainer(): Promise<typeof sessions> {
  vi.resetModules()
  return import('../../../shared/platform/auth/sessions.ts')
}

describe('a session', () => {
  it('is kept with its end, and of its refresh token only a hash', async () => {
    const user = someUser()
    const { sessionId, refreshToken } = await openSession(user, 'phone')
    const key = `session:token:${sessionId}`
    expect(await redis().send(['TTL', key])).toBeGreaterThan(29 * 86_400)
    const stored = await redis().send(['HVALS', key])
    expect(stored).toContain(user)
    expect(JSON.stringify(stored)).not.toContain(refreshToken.split('.')[1])
  })

  it('goes on by the newest refresh token; the reuse of an old one ends it', async () => {
    const user = someUser()
    const first = await openSession(user, '')
    const second = await rotateSession(first.refreshToken)
    const third = await rotateSession(second.refreshToken)
    expect(new Set([first, second, third].map(({ refreshToken }) => refreshToken)).size).toBe(3)
    expect(third.sessionId).toBe(first.sessionId)
    await expect(rotateSession(first.refreshToken)).rejects.toThrow(SessionEnded)
    await expect(rotateSession(third.refreshToken)).rejects.toThrow(SessionEnded)
    expect(await isSessionAlive(first.sessionId)).toBe(false)
    expect(await sessionsOf(user)).toEqual([])
  })

  it("shrugs at a token that was never its own: who guesses ends nobody's session", async () => {
    const { refreshToken, sessionId } = await openSession(someUser(), '')
    const [, , secret] = refreshToken.split('.')
    const forged = `${sessionId}.${'A'.repeat(22)}.${secret}`
    await expect(rotateSession(forged)).rejects.toThrow(NotSignedIn)
    expect((await rotateSession(refreshToken)).sessionId).toBe(sessionId)
    await expect(rotateSession(forged)).rejects.toThrow(NotSignedIn)
  })

  it('leaves nothing behind when it ends', async () => {
    const user = someUser()
    const { refreshToken, sessionId } = await openSession(user, '')
    await rotateSession(refreshToken)
    await endSession(user, sessionId)
    expect(await redis().send(['KEYS', `session:*:${sessionId}`])).toEqual([])
  })

  it('gives all of many that use the same token at once the same next one', async () => {
    const { refreshToken } = await openSession(someUser(), '')
    const results = await Promise.all(Array.from({ length: 10 }, () => rotateSession(refreshToken)))
    const [next = '', ...others] = new Set(results.map((result) => result.refreshToken))
    expect(others).toEqual([])
    expect((await rotateSession(next)).refreshToken).not.toBe(next)
  })

  it('keeps nothing by which who has an old token could work out the newest', async () => {
    const { refreshToken, sessionId } = await openSession(someUser(), '')
    await rotateSession(refreshToken)
    expect(await redis().send(['TTL', `session:successor:${sessionId}`])).toBeGreaterThan(0)
    expect(await redis().send(['TTL', `session:successor:${sessionId}`])).toBeLessThanOrEqual(30)
    const stored = [
      ...(await redis().send<string[]>(['HVALS', `session:token:${sessionId}`])),
      await redis().get(`session:successor:${sessionId}`),
    ].join(' ')
    for (const part of refreshToken.split('.').slice(1)) expect(stored).not.toContain(part)
  })

  it('says whose it is without using its token up', async () => {
    const user = someUser()
    const { refreshToken, sessionId } = await openSession(user, '')
    expect(await ownerOf(refreshToken)).toBe(user)
    await rotateSession(refreshToken)
    await endSession(user, sessionId)
    await expect(ownerOf(refreshToken)).rejects.toThrow(SessionEnded)
    for (const nonsense of [
      '',
      'x',
      `${sessionId}.short`,
      `${sessionId}.${'x'.repeat(43)}`,
      `${refreshToken}x`,
      `*.${'x'.repeat(22)}.${'x'.repeat(43)}`,
    ])
      await expect(ownerOf(nonsense), nonsense).rejects.toThrow(NotSignedIn)
  })

  it('that ended elsewhere is over here within five seconds', async () => {
    const user = someUser()
    const { sessionId } = await openSession(user, '')
    const other = await anotherContainer()
    expect(await other.isSessionAlive(sessionId)).toBe(true)
    expect(await endSession(user, sessionId)).toBe(true)
    expect(await isSessionAlive(sessionId)).toBe(false)
    const later = performance.now() + 4_900
    vi.spyOn(performance, 'now').mockReturnValue(later)
    expect(await other.isSessionAlive(sessionId)).toBe(false)
  })

  it('is asked about once in a while, not for every request', async () => {
    const { sessionId } = await openSession(someUser(), '')
    const other = await anotherContainer()
    const { RedisClient } = await import('../../../shared/platform/redis/client.ts')
    const calls = vi.spyOn(RedisClient.prototype, 'exists')
    for (let i = 0; i < 5; i++) expect(await other.isSessionAlive(sessionId)).toBe(true)
    expect(calls).toHaveBeenCalledTimes(1)
  })

  it('is ended only by its own user', async () => {
    const { sessionId } = await openSession(someUser(), '')
    expect(await endSession(someUser(), sessionId)).toBe(false)
    expect(await isSessionAlive(sessionId)).toBe(true)
  })
})

describe('all sessions of a user', () => {
  it("end together, and nobody else's; new ones can be opened", async () => {
    const [user, other] = [someUser(), someUser()]
    const mine = [await openSession(user, 'a'), await openSession(user, 'b')]
    const theirs = await openSession(other, '')
    expect(await isSessionAlive(mine[0]?.sessionId ?? '')).toBe(true)
    await endSessions(user)
    for (const { sessionId, refreshToken } of mine) {
      expect(await isSessionAlive(sessionId)).toBe(false)
      await expect(rotateSession(refreshToken)).rejects.toThrow(SessionEnded)
    }
    expect(await sessionsOf(user)).toEqual([])
    expect(await isSessionAlive(theirs.sessionId)).toBe(true)
    expect(await isSessionAlive((await openSession(user, '')).sessionId)).toBe(true)
  })

  it('stay ended where the account is closed, however sign-ins race with it', async () => {
    const user = someUser()
    const opening = Array.from({ length: 20 }, () => openSession(user, ''))
    const results = await Promise.allSettled([
      ...opening.slice(0, 10),
      closeSessions(user),
      ...opening.slice(10),
    ])
    const opened = results.flatMap((result) =>
      result.status === 'fulfilled' ? (result.value ?? []) : [],
    )
    for (const { sessionId } of opened) expect(await isSessionAlive(sessionId)).toBe(false)
    expect(await sessionsOf(user)).toEqual([])
    await expect(openSession(user, '')).rejects.toThrow(SessionEnded)
  })
})
