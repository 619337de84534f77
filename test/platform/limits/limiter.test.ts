import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import type { Buckets } from '../../../shared/platform/limits/bucket.ts'
import { type Limit, termsOf } from '../../../shared/platform/limits/limit.ts'
import { createLimiter, type Limiter } from '../../../shared/platform/limits/limiter.ts'
import { LEASE_MILLIS } from '../../../shared/platform/limits/purse.ts'
import { simulatedBuckets } from '../../support/buckets.ts'

/** Far from zero, as Redis's clock is. */
const START_MICROS = 1_800_000_000_000_000

/** Containers over one Redis, all by a clock that only the test moves. */
function fleet(count: number) {
  let micros = 0
  /** How long a call to Redis takes on its way there, and back. */
  let transit = 0
  let lost = false
  const { buckets, asked } = simulatedBuckets(() => START_MICROS + micros)
  const overNetwork: Buckets = async (questions) => {
    micros += transit
    const replies = await buckets(questions)
    micros += transit
    if (lost) throw Unavailable.because('redis', new Error('the answer is lost'))
    return replies
  }
  const now = () => micros / 1000
  // Containers' clocks have nothing to do with each other.
  const sinces = Array.from({ length: count }, () => Math.random() * 1e6)
  const clockOf = (container: number) => (sinces[container] ?? 0) + now()
  const containers = Array.from({ length: count }, (_, index): Limiter => {
    return createLimiter(overNetwork, () => clockOf(index))
  })
  return {
    containers,
    asked,
    now,
    clockOf,
    pass: (millis: number) => {
      micros += Math.round(millis * 1000)
    },
    network: (transitMicros: number, loses = false) => {
      transit = transitMicros
      lost = loses
    },
  }
}

const limitOf = (over: Partial<Limit>): Limit => ({ name: 'x', withoutRedis: 'closed', ...over })

/** Moments at which requests passed, in milliseconds since the first one was made. */
type Passed = number[]

/** The largest excess over what a bucket of `burst` and `perSecond` lets pass, over all spans of time. */
function excess(passed: Passed, perSecond: number): number {
  // Largest sum of (requests − allowed since): a maximum subarray.
  let worst = 0
  let running = 0
  let last: number | undefined
  for (const at of passed) {
    running = Math.max(0, running - (last === undefined ? 0 : ((at - last) * perSecond) / 1000)) + 1
    worst = Math.max(worst, running)
    last = at
  }
  return worst
}

const step = fc.record({
  container: fc.nat({ max: 4 }),
  gapMicros: fc.oneof(fc.constant(0), fc.nat({ max: 20_000 }), fc.nat({ max: 15_000_000 })),
  requests: fc.integer({ min: 1, max: 30 }),
  transit: fc.oneof(fc.constant(0), fc.nat({ max: 30_000 })),
})
const rate = fc
  .record({
    perSecond: fc.integer({ min: 1, max: 3_000 }),
    seconds: fc.integer({ min: 1, max: 10 }),
  })
  .map(({ perSecond, seconds }) => ({ perSecond, burst: perSecond * seconds }))

async function run(
  count: number,
  limit: Limit,
  scope: 'shop' | 'user',
  steps: readonly { container: number; gapMicros: number; requests: number; transit: number }[],
): Promise<Passed> {
  const { containers, pass, network, now } = fleet(count)
  const passed: Passed = []
  let began: number | undefined
  for (const { container, gapMicros, requests, transit } of steps) {
    pass(gapMicros / 1000)
    network(transit)
    began ??= now()
    for (let i = 0; i < requests; i++) {
      const limiter = containers[container % count] as Limiter
      const { refused } = await limiter.take(limit, { [scope]: 'a' })
      if (refused === undefined) passed.push(now() - began)
      else expect(refused.waitMillis).toBeGreaterThan(0)
    }
  }
  return passed
}

describe('a limit', () => {
  it('of the shop is never exceeded, counted from its beginning, whatever containers do', async () => {
    const steps = fc.array(step, { maxLength: 60 })
    const property = async (shop: { perSecond: number; burst: number }, walk: never[]) => {
      const passed = await run(5, limitOf({ shop }), 'shop', walk)
      for (const [index, at] of passed.entries())
        expect(index + 1).toBeLessThanOrEqual(shop.burst + (at * shop.perSecond) / 1000 + 1e-6)
    }
    await fc.assert(fc.asyncProperty(rate, steps as never, property), { numRuns: 150 })
  })

  it('is exceeded by no more than what was leased, or given on credit, over any span of time', async () => {
    const steps = fc.array(step, { maxLength: 60 })
    const property = async (of: { perSecond: number; burst: number }, walk: never[]) => {
      for (const scope of ['shop', 'user'] as const) {
        const passed = await run(5, limitOf({ [scope]: of }), scope, walk)
        const { credit, ahead } = termsOf(scope, of)
        const leased = (of.perSecond * (LEASE_MILLIS + ahead / 1000)) / 1000
        expect(excess(passed, of.perSecond)).toBeLessThanOrEqual(
          of.burst + leased + 5 * credit + 1e-6,
        )
      }
    }
    await fc.assert(fc.asyncProperty(rate, steps as never, property), { numRuns: 100 })
  })

  it('of a user is exceeded by the credit of each container at most, counted from its beginning', async () => {
    const steps = fc.array(step, { maxLength: 80 })
    const property = async (user: { perSecond: number; burst: number }, walk: never[]) => {
      const passed = await run(5, limitOf({ user }), 'user', walk)
      const { credit } = termsOf('user', user)
      for (const [index, at] of passed.entries())
        expect(index + 1).toBeLessThanOrEqual(
          user.burst + 5 * credit + (at * user.perSecond) / 1000 + 1e-6,
        )
    }
    await fc.assert(fc.asyncProperty(rate, steps as never, property), { numRuns: 150 })
  })

  it.each([
    { perSecond: 2_000, burst: 2_000, containers: 20, seconds: 10 },
    { perSecond: 2_000, burst: 2_000, containers: 100, seconds: 10 },
    { perSecond: 20, burst: 20, containers: 20, seconds: 60 },
  ])(
    'of $perSecond a second lets that many pass over $containers containers at twice the load',
    async ({ perSecond, burst, containers: count, seconds }) => {
      const { containers, pass, network, asked } = fleet(count)
      network(0)
      const limit = limitOf({ shop: { perSecond, burst } })
      let accepted = 0
      const offered = 2 * perSecond * seconds
      for (let i = 0; i < offered; i++) {
        const limiter = containers[i % count] as Limiter
        const { refused } = await limiter.take(limit, { shop: 'all' })
        if (refused === undefined) accepted++
        pass(1000 / (2 * perSecond))
      }
      const share = accepted / (burst + perSecond * seconds)
      expect(share).toBeGreaterThanOrEqual(0.97)
      expect(share).toBeLessThanOrEqual(1)
      if (perSecond >= 2_000) expect(asked.length / accepted).toBeLessThanOrEqual(0.1)
    },
  )
})

describe('a container', () => {
  const users = limitOf({ user: { perSecond: 30, burst: 300 } })

  it('asks seldom for a key that is well under its limit', async () => {
    const { containers, pass, asked } = fleet(1)
    const limit = limitOf({ shop: { perSecond: 2_000, burst: 2_000 } })
    for (let i = 0; i < 1_000; i++) {
      expect(await containers[0]?.take(limit, { shop: 'all' })).not.toHaveProperty('refused')
      pass(10)
    }
    expect(asked.length).toBeLessThan(30)
  })

  it('asks nothing about users whom it sees once or twice, and settles them all in a later call', async () => {
    const { containers, asked } = fleet(1)
    for (let user = 0; user < 199; user++) await containers[0]?.take(users, { user: `${user}` })
    expect(asked).toEqual([])
    for (let more = 0; more < 4; more++) await containers[0]?.take(users, { user: '7' })
    expect(asked).toHaveLength(1)
    expect(asked[0]).toHaveLength(199)
    expect(asked[0]?.filter(({ want }) => want > 0).map(({ key }) => key)).toEqual(['x:user:7'])
    for (const { debt, key } of asked[0] ?? []) expect(debt).toBe(key === 'x:user:7' ? 3 : 1)
  })

  it('settles in time however many users come by, and keeps a bounded number of them', async () => {
    const { containers, asked } = fleet(1)
    for (let user = 0; user < 30_000; user++) await containers[0]?.take(users, { user: `${user}` })
    expect(asked.length).toBe(Math.floor((30_000 - 1) / 200))
    expect(Math.max(...asked.map((questions) => questions.length))).toBeLessThanOrEqual(200)
  })

  it('takes of all limits of a request, or of none', async () => {
    const { containers, clockOf } = fleet(1)
    const limit = limitOf({
      shop: { perSecond: 1, burst: 100 },
      user: { perSecond: 1, burst: 1 },
    })
    const take = (user: string) => containers[0]?.take(limit, { shop: 'all', user })
    expect(await take('a')).not.toHaveProperty('refused')
    for (let i = 0; i < 20; i++)
      expect(await take('a')).toMatchObject({ refused: { scope: 'user' } })
    const [shop] = (await take('b'))?.purses ?? []
    // What was leased and not used is still ours.
    expect(shop?.standing(clockOf(0)).remaining).toBe(98)
  })

  it('asks once for what many at once ask for', async () => {
    const { containers, asked } = fleet(1)
    const limit = limitOf({ shop: { perSecond: 2_000, burst: 4_000 } })
    const taken = await Promise.all(
      Array.from({ length: 150 }, () => containers[0]?.take(limit, { shop: 'all' })),
    )
    expect(taken.filter((each) => each?.refused !== undefined)).toEqual([])
    expect(asked.length).toBeLessThanOrEqual(3)
  })

  it('makes nobody wait for long for what others get', async () => {
    let millis = 0
    const limiter = createLimiter(
      async (questions) => {
        millis += 50
        return questions.map(() => ({ granted: 1, waitMicros: 0, usedMicros: 0 }))
      },
      () => millis,
    )
    const limit = limitOf({ shop: { perSecond: 100, burst: 500 } })
    const taken = await Promise.all(
      Array.from({ length: 150 }, () => limiter.take(limit, { shop: 'all' })),
    )
    expect(millis).toBeLessThanOrEqual(1_500)
    const passed = taken.filter(({ refused }) => refused === undefined)
    expect(passed.length).toBeGreaterThan(10)
    for (const { refused } of taken) {
      if (refused !== undefined) expect(refused).toEqual({ scope: 'shop', waitMillis: 1_000 })
    }
  })

  it('tells what it knows against a request without counting it', async () => {
    const { containers, asked } = fleet(1)
    const limit = limitOf({ address: { perSecond: 1, burst: 5 } })
    const [limiter] = containers as [Limiter]
    expect(limiter.refusal(limit, { address: 'a' })).toBeUndefined()
    expect(asked).toEqual([])
    for (let i = 0; i < 20; i++) await limiter.take(limit, { address: 'a' })
    expect(limiter.refusal(limit, { address: 'a' })).toMatchObject({ scope: 'address' })
    expect(limiter.refusal(limit, { address: 'b' })).toBeUndefined()
  })

  it('without Redis lets pass or refuses as the limit says', async () => {
    for (const withoutRedis of ['open', 'closed'] as const) {
      const limiter = createLimiter(async () => {
        throw Unavailable.because('redis', new Error('gone'))
      })
      const limit = limitOf({ shop: { perSecond: 1, burst: 1 }, withoutRedis })
      for (let i = 0; i < 50; i++) {
        const taken = limiter.take(limit, { shop: 'all' })
        if (withoutRedis === 'open') expect(await taken).not.toHaveProperty('refused')
        else await expect(taken).rejects.toThrow(Unavailable)
      }
    }
  })

  it('whose answers are lost is stricter, never laxer', async () => {
    const { containers, network, pass, now } = fleet(2)
    const limit = limitOf({ user: { perSecond: 10, burst: 500 } })
    let passed = 0
    for (let i = 0; i < 3_000; i++) {
      network(100, i % 3 === 0)
      const taken = containers[i % 2]?.take(limit, { user: 'a' })
      const outcome = await taken?.catch(() => ({ refused: true }))
      if (outcome?.refused === undefined) passed++
      pass(1)
    }
    expect(passed).toBeLessThanOrEqual(500 + 2 * 5 + (now() * 10) / 1000)
  })
})
