import { randomUUID } from 'node:crypto'
import { expect, inject, it } from 'vitest'
import { settings } from '../../../shared/platform/config/index.ts'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import { RedisClient } from '../../../shared/platform/redis/client.ts'
import { createFleet } from '../../../shared/platform/resilience/fleet.ts'
import { breakerOf } from '../../../shared/platform/resilience/upstreams.ts'
import { invocation } from '../../../shared/platform/telemetry/invocation.ts'
import { contextOf } from '../../support/context.ts'

const { redisRest = '', redisRestToken = '' } = inject('endpoints')
const redis = new RedisClient({ url: redisRest, token: redisRestToken })
const upstream = `wechat /${randomUUID()}` as const

/** Opens the breaker of all containers of a region. */
async function openIn(region: string): Promise<void> {
  const containers = Array.from({ length: 3 }, () =>
    createFleet(redis, { upstream: `${region}:${upstream}`, openMillis: 40_000 }),
  )
  for (let turn = 0; turn < 10; turn++) {
    for (const container of containers) await container.report([true])
  }
  expect(await containers[0]?.report([])).not.toBe('closed')
}

/** One call that fails, and whatever it has the container ask and tell. */
const fail = () =>
  invocation(contextOf(), 'GET /', 'trace-of-a-test', () =>
    breakerOf(upstream)
      .run(async () => {
        throw Unavailable.because('wechat', new Error('no answer'))
      })
      .catch(() => undefined),
  )

it("hears of its own region's failures, and leaves another's alone", async () => {
  await openIn('elsewhere')
  await fail()
  expect(breakerOf(upstream).state).toBe('closed')
  await openIn(settings().AWS_REGION)
  // Redis may be too slow to be heard; the container itself would take ten to find out.
  for (let tries = 0; tries < 5 && breakerOf(upstream).state === 'closed'; tries++) await fail()
  expect(breakerOf(upstream).state).toBe('open')
})
