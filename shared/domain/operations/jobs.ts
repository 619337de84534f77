import type { Queryable } from '../../platform/database/database.ts'
import { readRuns } from '../../platform/jobs/runs.ts'
import type { JobDayView } from './schemas.ts'

const DAYS = 7
const DAY_MILLIS = 86_400_000

/** What the jobs of the clock did, day by day, the newest first. */
export function createJobReport(db: Queryable) {
  return async function report(): Promise<JobDayView[]> {
    const days = await readRuns(db, new Date(Date.now() - (DAYS - 1) * DAY_MILLIS))
    return days.map(({ lastAt, ...day }) => ({ ...day, lastAt: lastAt.toISOString() }))
  }
}

export type JobReport = ReturnType<typeof createJobReport>
