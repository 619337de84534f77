import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, inject, it } from 'vitest'
import { RedisClient } from '../../../shared/platform/redis/client.ts'
import { createPace } from '../../../shared/platform/resilience/pace.ts'

const client = () =>
  new RedisClient({
    url: inject('endpoints').redisRest ?? '',
    token: inject('endpoints').redisRestToken ?? '',
  })
const LONG = 1_000_000

it('hands permits out one after the other, at the rate, whoever asks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 }),
      async (rate, asks) => {
        const pace = createPace(client(), randomUUID(), rate)
        const started = performance.now()
        let taken = 0
        for (const permits of asks) {
          const { granted, waitMillis } = await pace.reserve(permits, LONG)
          const elapsed = performance.now() - started
          expect(granted).toBe(true)
          // All that was taken before has to be used up first; the clock ran meanwhile.
          expect(waitMillis).toBeLessThanOrEqual(Math.ceil((taken / rate) * 1000) + 1)
          expect(waitMillis).toBeGreaterThanOrEqual(Math.floor((taken / rate) * 1000 - elapsed) - 1)
          taken += permits
        }
      },
    ),
    { numRuns: 25 },
  )
})

it('shares the rate between callers at once, and refuses a wait that is too long without taking a place', async () => {
  const pace = createPace(client(), randomUUID(), 10)
  const waits = await Promise.all(Array.from({ length: 10 }, () => pace.reserve(10, LONG)))
  const sorted = waits.map(({ waitMillis }) => waitMillis).toSorted((a, b) => a - b)
  for (const [index, wait] of sorted.entries()) {
    expect(wait).toBeLessThanOrEqual(index * 1000 + 1)
    expect(wait).toBeGreaterThan(index * 1000 - 500)
  }
  for (let i = 0; i < 3; i++) {
    const refused = await pace.reserve(10, 1_000)
    expect(refused.granted).toBe(false)
    expect(refused.waitMillis).toBeGreaterThan(9_000)
    expect(refused.waitMillis).toBeLessThanOrEqual(10_001)
  }
})

it('saves nothing up while nobody asks', async () => {
  const name = randomUUID()
  // As after a long pause: all that was handed out was used up in 1970.
  await client().set(`pace:${name}`, '1')
  const pace = createPace(client(), name, 1)
  expect(await pace.reserve(100, LONG)).toEqual({ granted: true, waitMillis: 0 })
  expect((await pace.reserve(1, LONG)).waitMillis).toBeGreaterThan(90_000)
})
