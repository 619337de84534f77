import middy from '@middy/core'
import type { Context, ScheduledEvent } from 'aws-lambda'
import { database } from '../database/database.ts'
import { invocation } from '../telemetry/invocation.ts'
import { describeError, log } from '../telemetry/log.ts'
import { traceIdFrom } from '../telemetry/scope.ts'
import { recordRun, type Tally } from './runs.ts'

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
      await remember(name, tally)
      return tally
    } catch (error) {
      log.error('schedule failed', error, { schedule: name })
      await remember(name)
      throw error
    }
  })
  const handler = (event: ScheduledEvent, context: Context) =>
    invocation(context, `schedule ${name}`, traceIdFrom(undefined), () => stack(event, context))
  return Object.assign(handler, { definition: { schedule: name } })
}

/** What admins see of a run is no reason for it to fail. */
async function remember(name: string, tally?: Tally): Promise<void> {
  await recordRun(database(), name, tally).catch((error: unknown) => {
    log.warn('run not written down', { schedule: name, error: describeError(error) })
  })
}
