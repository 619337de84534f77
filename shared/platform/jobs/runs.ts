import type { Database, Queryable } from '../database/database.ts'
import { sql } from '../database/sql.ts'

/** What a run did, for the log and for admins: counts by name. */
export type Tally = Record<string, number>

/** What the runs of a job of the clock did in one day. */
export type JobDay = {
  schedule: string
  /** In UTC: `2026-11-24`. */
  day: string
  runs: number
  failures: number
  counts: Tally
  lastAt: Date
}

const dayOf = (time: Date) => time.toISOString().slice(0, 10)

/**
 * Adds a run to its day, so that what was repaired can be seen long after the log has gone. Two at once
 * are counted one after the other.
 * @param tally what the run did; undefined where it failed
 */
export async function recordRun(
  database: Database,
  schedule: string,
  tally: Tally | undefined,
): Promise<void> {
  const now = new Date()
  const day = dayOf(now)
  const failures = tally === undefined ? 1 : 0
  await database.transaction(async (tx) => {
    // First the row, which is locked with that: two that begin a day would wait for each other.
    await tx.write(
      sql`INSERT INTO job_days (schedule, day, runs, failures, counts, last_at)
          VALUES (${schedule}, ${day}, 1, ${failures}, '{}', ${now})
          ON DUPLICATE KEY UPDATE runs = runs + 1, failures = failures + ${failures}, last_at = ${now}`,
    )
    if (tally === undefined) return
    const [row] = await tx.query<{ counts: string }>(
      sql`SELECT counts FROM job_days WHERE schedule = ${schedule} AND day = ${day}`,
    )
    const counts = sumOf(JSON.parse(row?.counts ?? '{}') as Tally, tally)
    await tx.write(
      sql`UPDATE job_days SET counts = ${JSON.stringify(counts)}
          WHERE schedule = ${schedule} AND day = ${day}`,
    )
  })
}

function sumOf(before: Tally, added: Tally): Tally {
  const sums = { ...before }
  for (const [name, count] of Object.entries(added)) {
    // An age does not add up: the worst of the day is what matters.
    const isAge = name.endsWith('Seconds')
    sums[name] = isAge ? Math.max(sums[name] ?? 0, count) : (sums[name] ?? 0) + count
  }
  return sums
}

type Row = {
  schedule: string
  day: string
  runs: number
  failures: number
  counts: string
  last_at: Date
}

/** @returns the days since `since`, newest first, of each job that ran in them */
export async function readRuns(db: Queryable, since: Date): Promise<JobDay[]> {
  const rows = await db.query<Row>(
    sql`SELECT schedule, DATE_FORMAT(day, '%Y-%m-%d') AS day, runs, failures, counts, last_at
        FROM job_days WHERE job_days.day >= ${dayOf(since)}`,
  )
  return rows
    .map(({ last_at, counts, ...row }) => ({
      ...row,
      counts: JSON.parse(counts) as Tally,
      lastAt: last_at,
    }))
    .toSorted((a, b) =>
      a.day === b.day ? (a.schedule < b.schedule ? -1 : 1) : a.day < b.day ? 1 : -1,
    )
}
