import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  isSessionAlive,
  openSession,
  rotateSession,
} from '../../../shared/platform/auth/sessions.ts'
import { SessionEnded } from '../../../shared/platform/errors/standard.ts'
import { redis } from '../../../shared/platform/redis/client.ts'

/**
 * What may happen to a session: its client refreshes, loses the answer and tries again, sends several
 * refreshes at once, or is silent until the grace is over; a thief uses a token from the past.
 */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ kind: 'refresh' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('lost' as const),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('parallel' as const),
      times: fc.integer({ min: 2, max: 5 }),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'silence' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('thief' as const), back: fc.nat({ max: 4 }) }),
  },
)

it('a lost answer never ends a session, a token used up for good always does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const opened = await openSession(randomUUID(), '')
      /** Every token of the session in turn; the last one is unused. */
      const tokens = [opened.refreshToken]
      let inGrace = false
      const newest = () => tokens.at(-1) ?? ''
      const advance = (next: string) => {
        expect(tokens).not.toContain(next)
        tokens.push(next)
        inGrace = true
      }
      for (const { kind, ...how } of steps) {
        if (kind === 'refresh') advance((await rotateSession(newest())).refreshToken)
        if (kind === 'lost') {
          const { refreshToken: next } = await rotateSession(newest())
          for (let i = 0; i < (how as { times: number }).times; i++) {
            expect((await rotateSession(newest())).refreshToken).toBe(next)
          }
          advance(next)
        }
        if (kind === 'parallel') {
          const calls = Array.from({ length: (how as { times: number }).times }, () =>
            rotateSession(newest()),
          )
          const answers = new Set((await Promise.all(calls)).map((answer) => answer.refreshToken))
          expect(answers.size).toBe(1)
          advance([...answers][0] ?? '')
        }
        if (kind === 'silence') {
          // What Redis does by itself after REFRESH_GRACE_SECONDS.
          await redis().del(`session:successor:${opened.sessionId}`)
          inGrace = false
        }
        if (kind === 'thief') {
          const back = (how as { back: number }).back
          const stolen = tokens.at(-2 - back)
          if (stolen === undefined) continue
          if (back === 0 && inGrace) {
            // Not to be told from a lost answer; but it gives what the client has, not more.
            expect((await rotateSession(stolen)).refreshToken).toBe(newest())
            continue
          }
          await expect(rotateSession(stolen)).rejects.toThrow(SessionEnded)
          for (const token of tokens) {
            await expect(rotateSession(token)).rejects.toThrow(SessionEnded)
          }
          expect(await isSessionAlive(opened.sessionId)).toBe(false)
          return
        }
      }
      expect(await isSessionAlive(opened.sessionId)).toBe(true)
    }),
    { numRuns: 100 },
  )
})

it('who took a token is found out at the latest when the second of the two refreshes again', async () => {
  const { refreshToken: shared, sessionId } = await openSession(randomUUID(), '')
  const client = await rotateSession(shared)
  const thief = await rotateSession(shared)
  expect(thief.refreshToken).toBe(client.refreshToken)
  await rotateSession(thief.refreshToken)
  await redis().del(`session:successor:${sessionId}`)
  await expect(rotateSession(client.refreshToken)).rejects.toThrow(SessionEnded)
  expect(await isSessionAlive(sessionId)).toBe(false)
})
