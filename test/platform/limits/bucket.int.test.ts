import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, inject, it } from 'vitest'
import { BUCKET_LUA, createBuckets, type Question } from '../../../shared/platform/limits/bucket.ts'
import { termsOf } from '../../../shared/platform/limits/limit.ts'
import { createLimiter } from '../../../shared/platform/limits/limiter.ts'
import { RedisClient } from '../../../shared/platform/redis/client.ts'
import { pour } from '../../support/buckets.ts'
import { callsOf } from '../../support/calls.ts'

const { redisRest = '', redisRestToken = '' } = inject('endpoints')
const redis = new RedisClient({ url: redisRest, token: redisRestToken })
const buckets = createBuckets(redis)

/** The script's own function, at times that the test gives it. */
const AT = `${BUCKET_LUA}
local reply = {}
for i = 0, #ARGV / 8 - 1 do
  local numbers = {}
  for j = 1, 8 do numbers[j] = tonumber(ARGV[i * 8 + j]) end
  local tat, granted, wait = bucket(unpack(numbers))
  reply[i + 1] = {string.format('%.0f', tat), granted, wait}
end
return reply`

const NOW = 1_800_000_000_000_000
const question = fc.record({
  perSecond: fc.integer({ min: 1, max: 5_000 }),
  seconds: fc.integer({ min: 1, max: 20 }),
  scope: fc.constantFrom('shop' as const, 'user' as const),
  before: fc.oneof(
    fc.constant(0),
    fc.integer({ min: -20_000_000, max: 30_000_000 }).map((d) => NOW + d),
  ),
  debt: fc.nat({ max: 50 }),
  want: fc.nat({ max: 400 }),
})

describe('the script', () => {
  it('counts as the property tests have it, at every time', async () => {
    const property = async (cases: { before: number; question: Omit<Question, 'key'> }[]) => {
      const args = cases.flatMap(({ before, question: { terms, debt, want } }) => {
        const { interval, burst, batch, ahead } = terms
        return [before, NOW, interval, burst, batch, ahead, debt, want]
      })
      const reply = await redis.eval<[string, number, number][]>(AT, [], args)
      expect(reply.map((each) => each.map(Number))).toEqual(
        cases.map(({ before, question }) => {
          const { tat, granted, wait } = pour(before, NOW, question)
          return [tat, granted, wait]
        }),
      )
    }
    const one = question.map(({ perSecond, seconds, scope, before, debt, want }) => ({
      before,
      question: { terms: termsOf(scope, { perSecond, burst: perSecond * seconds }), debt, want },
    }))
    const many = fc.array(one, { minLength: 1, maxLength: 200 })
    await fc.assert(fc.asyncProperty(many, property), { numRuns: 15 })
  })

  it("goes by Redis's clock, and leaves nothing behind of a bucket that is full", async () => {
    const key = randomUUID()
    const terms = termsOf('shop', { perSecond: 0.01, burst: 5 })
    const ask = async (want: number) => (await buckets([{ key, terms, debt: 0, want }]))[0]
    expect(await ask(1)).toEqual({ granted: 1, waitMicros: 0, usedMicros: 100_000_000 })
    const left = await redis.send<number>(['PTTL', `limit:${key}`])
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThanOrEqual(100_000)
    for (let i = 0; i < 4; i++) expect((await ask(1))?.granted).toBe(1)
    const refused = await ask(1)
    expect(refused?.granted).toBe(0)
    expect(refused?.waitMicros).toBeGreaterThan(0)
    expect(refused?.waitMicros).toBeLessThanOrEqual(100_000_000)
    const untouched = randomUUID()
    await buckets([{ key: untouched, terms, debt: 0, want: 0 }])
    expect(await redis.exists(`limit:${untouched}`)).toBe(0)
  })

  it('answers for many buckets at once, each by its own terms', async () => {
    const [one, other] = [randomUUID(), randomUUID()]
    const strict = termsOf('user', { perSecond: 1, burst: 2 })
    const wide = termsOf('shop', { perSecond: 2_000, burst: 2_000 })
    const replies = await buckets([
      { key: one, terms: strict, debt: 3, want: 1 },
      { key: other, terms: wide, debt: 0, want: 400 },
    ])
    expect(replies).toEqual([
      { granted: 0, waitMicros: 2_000_000, usedMicros: 3_000_000 },
      { granted: 62, waitMicros: 0, usedMicros: 31_000 },
    ])
  })
})

describe('containers over Redis', () => {
  const container = () => createLimiter(buckets)

  it('keep a limit together that none of them could keep alone', async () => {
    const limit = {
      name: randomUUID(),
      shop: { perSecond: 1, burst: 40 },
      withoutRedis: 'closed' as const,
    }
    const began = performance.now()
    const takes = Array.from({ length: 20 }, container).map(async (limiter) => {
      let passed = 0
      for (let i = 0; i < 20; i++) {
        const { refused } = await limiter.take(limit, { shop: 'all' })
        if (refused === undefined) passed++
      }
      return passed
    })
    const passed = (await Promise.all(takes)).reduce((sum, each) => sum + each, 0)
    const seconds = (performance.now() - began) / 1000
    expect(passed).toBeLessThanOrEqual(40 + seconds)
    expect(passed).toBeGreaterThanOrEqual(35)
  })

  it('need one call for all limits of a request, and none for most requests', async () => {
    const limit = {
      name: randomUUID(),
      shop: { perSecond: 2_000, burst: 2_000 },
      address: { perSecond: 1_000, burst: 5_000 },
      user: { perSecond: 30, burst: 300 },
      withoutRedis: 'open' as const,
    }
    const limiter = container()
    const some = async (requests: number) => {
      for (let i = 0; i < requests; i++) {
        const taken = await limiter.take(limit, { shop: 'all', address: '192.0.2.1', user: `${i}` })
        expect(taken).not.toHaveProperty('refused')
      }
    }
    expect((await callsOf(() => some(1))).redis).toHaveLength(1)
    const { redis: calls } = await callsOf(() => some(500))
    expect(calls.length).toBeLessThanOrEqual(20)
  })
})
