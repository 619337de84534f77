import middy from '@middy/core'
import type { Context, ScheduledEvent } from 'aws-lambda'
import { invocation } from '../telemetry/invocation.ts'
import { log } from '../telemetry/log.ts'
import { traceIdFrom } from '../telemetry/scope.ts'

/** What a run did, for the log: counts by name. */
export type Tally = Record<string, number>

export type Schedule = ((event: ScheduledEvent, context: Context) => Promise<Tally>) & {
  definition: { schedule: string }
}

/**
 * A job that the clock starts. Must be safe to run twice at once and to be cut off anywhere.
 *
 * What `work` throws is logged and thrown on, so that Lambda counts it as an error (and alarms);
 * the next run of the schedule is the retry.
 */
export function schedule(name: string, work: () => Promise<Tally>): Schedule {
  const stack = middy<ScheduledEvent, Tally>().handler(async () => {
    const started = performance.now()
    try {
      const tally = await work()
      log.info('schedule', { schedule: name, ...tally, durationMs: performance.now() - started })
      return tally
    } catch (error) {
      log.error('schedule failed', error, { schedule: name })
      throw error
    }
  })
  const handler = (event: ScheduledEvent, context: Context) =>
    invocation(context, `schedule ${name}`, traceIdFrom(undefined), () => stack(event, context))
  return Object.assign(handler, { definition: { schedule: name } })
}
