import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { database } from '../../../shared/platform/database/database.ts'
import { readRuns, recordRun } from '../../../shared/platform/jobs/runs.ts'

it('runs of a day are summed up, also when many end at once; of ages the highest stays', async () => {
  const schedule = `test-${randomUUID().slice(0, 8)}`
  const tallies = Array.from({ length: 8 }, (_, index) => ({ repaired: 1, oldestSeconds: index }))
  await Promise.all(tallies.map((tally) => recordRun(database(), schedule, tally)))
  await recordRun(database(), schedule, undefined)
  await recordRun(database(), schedule, { closed: 2 })
  const since = new Date(Date.now() - 60_000)
  const runs = (await readRuns(database(), since)).filter((one) => one.schedule === schedule)
  // Where midnight in UTC came in between there are two days of it.
  const sum = (of: (run: (typeof runs)[number]) => number) =>
    runs.reduce((all, run) => all + of(run), 0)
  expect([sum(({ runs: count }) => count), sum(({ failures }) => failures)]).toEqual([10, 1])
  expect([
    sum(({ counts }) => counts.repaired ?? 0),
    sum(({ counts }) => counts.closed ?? 0),
  ]).toEqual([8, 2])
  expect(Math.max(...runs.map(({ counts }) => counts.oldestSeconds ?? 0))).toBe(7)
})
