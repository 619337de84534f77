// What a container of the case `breakers` holds: a function with one upstream behind its breaker.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from 'aws-lambda'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import { send } from '../../../shared/platform/net/send.ts'
import { BreakerOpen } from '../../../shared/platform/resilience/breaker.ts'
import { breakerOf, type Upstream } from '../../../shared/platform/resilience/upstreams.ts'
import { invocation } from '../../../shared/platform/telemetry/invocation.ts'
import { callDeadline } from '../../../shared/platform/telemetry/scope.ts'

/** Calls to an upstream, one after the other; times in milliseconds. */
export type Plan = {
  upstream: Upstream
  url: string
  forMillis: number
  everyMillis: number
  capMillis: number
}
/** When a call ended, since 1970, and how. */
export type Ended = { at: number; how: 'done' | 'failed' | 'refused' }

export async function handler(plan: Plan, context: Context): Promise<Ended[]> {
  const { forMillis, everyMillis } = plan
  const end = Date.now() + forMillis
  const ended: Ended[] = []
  // Containers are not in step.
  await sleep(Math.random() * everyMillis)
  while (Date.now() < end) {
    const next = sleep(everyMillis)
    const how = await invocation(context, 'bench', 'bench-breakers', () => request(plan))
    ended.push({ at: Date.now(), how })
    await next
  }
  return ended
}

async function request({ upstream, url, capMillis }: Plan): Promise<Ended['how']> {
  const call = async () => {
    const answer = await send(url, { signal: callDeadline(capMillis) }).catch((error) => {
      throw Unavailable.because(upstream, error)
    })
    if (!answer.ok) throw Unavailable.because(upstream, new Error(`${answer.status}`))
  }
  try {
    await breakerOf(upstream).run(call)
    return 'done'
  } catch (error) {
    return error instanceof BreakerOpen ? 'refused' : 'failed'
  }
}
