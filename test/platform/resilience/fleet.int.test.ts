import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, inject, it } from 'vitest'
import { RedisClient } from '../../../shared/platform/redis/client.ts'
import { createFleet } from '../../../shared/platform/resilience/fleet.ts'
import type { Known } from '../../../shared/platform/resilience/reporter.ts'
import { modelFleet } from '../../support/fleet.ts'

const { redisRest = '', redisRestToken = '' } = inject('endpoints')
const redis = new RedisClient({ url: redisRest, token: redisRestToken })

/** So long that the time which the test itself takes does not matter. */
const TIMES = { openMillis: 20_000 }
const CONTAINERS = 4

/** Lets time pass for the keys of an upstream: they all end by Redis's clock. */
const AGE = `
for _, key in ipairs(KEYS) do
  local left = redis.call('PTTL', key)
  if left >= 0 then redis.call('PEXPIRE', key, math.max(left - ARGV[1], 0)) end
end
return 1`

const container = fc.nat(CONTAINERS - 1)
/** Mostly failures: what is of interest comes after the breaker has opened. */
const outcome = fc.constantFrom(true, true, true, false)
const step = fc.oneof(
  fc.record({
    does: fc.constant('report' as const),
    container,
    outcomes: fc.array(outcome, { maxLength: 12 }),
  }),
  fc.record({ does: fc.constant('ask' as const), container }),
  fc.record({ does: fc.constant('ask' as const), container }),
  fc.record({ does: fc.constant('tried' as const), container, failed: fc.boolean() }),
  fc.record({
    does: fc.constant('pass' as const),
    millis: fc.constantFrom(7_000, 21_000, 21_000, 55_000),
  }),
)

const opening = [0, 1, 2].map((container) => ({
  does: 'report' as const,
  container,
  outcomes: Array.from({ length: 5 }, () => true),
}))

/** What the test itself takes passes for Redis, and not for the model; in milliseconds. */
const SLACK_MILLIS = 4_000

function expectSame(real: Known | undefined, expected: Known | undefined): void {
  if (typeof real === 'object' && typeof expected === 'object') {
    expect(real.waitMillis).toBeLessThanOrEqual(expected.waitMillis)
    expect(real.waitMillis).toBeGreaterThan(expected.waitMillis - SLACK_MILLIS)
  } else expect(real).toBe(expected)
}

it('Redis keeps what the model says, whatever containers report, ask and try', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 40 }), async (rest) => {
      const steps = [...opening, ...rest]
      const upstream = randomUUID()
      const keys = ['open', 'rest', 'calls'].map((part) => `breaker:${upstream}:${part}`)
      let time = 0
      const model = modelFleet(() => time, TIMES)
      const pairs = Array.from({ length: CONTAINERS }, (_, index) => ({
        real: createFleet(redis, { upstream, ...TIMES }),
        expected: model(`${index}`),
      }))
      for (const step of steps) {
        if (step.does === 'pass') {
          time += step.millis
          await redis.eval(AGE, keys, [step.millis])
          continue
        }
        const { real, expected } = pairs[step.container] as (typeof pairs)[number]
        const both = async (act: (fleet: typeof real) => Promise<Known | undefined>) =>
          expectSame(await act(real), await act(expected))
        if (step.does === 'report') await both((fleet) => fleet.report(step.outcomes))
        else if (step.does === 'ask') await both((fleet) => fleet.ask())
        else await both((fleet) => fleet.tried(step.failed).then(() => undefined))
      }
    }),
    { numRuns: 30 },
  )
})
