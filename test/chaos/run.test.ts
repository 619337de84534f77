// The short run of `npm run chaos` that is part of `npm test`: each promise of the shop is a test.
import { beforeAll, expect, it, onTestFailed } from 'vitest'
import { RULES } from '../../chaos/checks/all.ts'
import { answersAreClear } from '../../chaos/checks/answers.ts'
import { replayOf, reportOf } from '../../chaos/report/report.ts'
import { type Outcome, run } from '../../chaos/run.ts'

const SHORT = { seed: 1, orders: 120, seconds: 21 }
/** A slow machine is no broken promise: that answers come in time is measured by the command. */
const LIMIT_MILLIS = 60_000

let outcome: Outcome
beforeAll(async () => {
  const signal = new AbortController().signal
  outcome = await run({ ...SHORT, limitMillis: LIMIT_MILLIS, progress: () => {}, signal })
}, 300_000)

const sayHow = () =>
  onTestFailed(() => {
    const logs = outcome.logs === undefined ? '' : `logs, by trace id: ${outcome.logs}\n`
    console.error(`${logs}again: ${replayOf(reportOf(outcome, SHORT))}`)
  })

it.each(RULES.map((rule) => [rule.name, rule] as const))('%s holds', (_, rule) => {
  sayHow()
  expect(rule(outcome.history, outcome.books)).toEqual([])
})

it('every failure was a clear answer', () => {
  sayHow()
  expect(answersAreClear(outcome.history.asked, outcome.downs, LIMIT_MILLIS)).toEqual([])
})

it('broke what it was to break, while orders were placed and paid', () => {
  const report = reportOf(outcome, SHORT)
  expect(report.faults.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['database primary killed', 'Redis killed', 'functions killed']),
  )
  expect(report.counts.accepted).toBeGreaterThan(0)
  expect(report.counts.payments).toBeGreaterThan(0)
  expect(outcome.violations).toEqual([])
})
