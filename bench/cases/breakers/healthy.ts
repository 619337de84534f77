import type { Context } from 'aws-lambda'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import type { RedisClient } from '../../../shared/platform/redis/client.ts'
import {
  BreakerOpen,
  createBreaker,
  OPEN_MILLIS,
} from '../../../shared/platform/resilience/breaker.ts'
import { createFleet } from '../../../shared/platform/resilience/fleet.ts'
import { invocation } from '../../../shared/platform/telemetry/invocation.ts'

const CONTEXT = {
  functionName: 'bench',
  getRemainingTimeInMillis: () => 60_000,
} as unknown as Context

/**
 * Calls to a healthy upstream from many containers, by a clock that this sets: ten calls a second each.
 * @param failing share of calls that fail
 * @returns how many calls were refused, by breakers that should not have opened
 */
export async function healthy(
  redis: RedisClient,
  {
    upstream,
    containers,
    calls,
    failing,
  }: Record<'containers' | 'calls' | 'failing', number> & {
    upstream: string
  },
): Promise<number> {
  let time = 0
  const now = () => time
  const breakers = Array.from({ length: containers }, () => {
    const fleet = createFleet(redis, { upstream, openMillis: OPEN_MILLIS })
    return createBreaker({ name: upstream, now, fleet })
  })
  let refused = 0
  const work = async () => {
    if (Math.random() < failing) throw Unavailable.because(upstream, new Error('by chance'))
  }
  for (let call = 0; call < calls; call++) {
    time += 100 / containers
    const breaker = breakers[call % containers]
    // An invocation ends when what it reports has been heard.
    await invocation(CONTEXT, 'bench', 'bench-breakers', async () => {
      await breaker?.run(work).catch((error) => {
        if (error instanceof BreakerOpen) refused++
      })
    })
  }
  return refused
}
