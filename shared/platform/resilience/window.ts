/**
 * When calls say that their upstream is failing: at least `failures` of the last `calls` failed, or all of
 * the last `inARow`. The first tells half from less; the second is sooner where nothing works.
 */
export type Rule = { calls: number; failures: number; inARow: number }

/**
 * A little less than half: one that fails half of the time would stay below half for long now and then.
 * Chances: docs/decisions/0027-breakers.md; `npm run bench -- breakers` prints them.
 */
export const RULE: Rule = { calls: 40, failures: 18, inARow: 10 }

/** A call of longer ago says nothing about now, in milliseconds. */
const AGE_MILLIS = 30_000

/** @param latest outcomes in their order, true for failed ones, no more than the rule looks at */
export function isFailing(latest: readonly boolean[], { failures, inARow }: Rule): boolean {
  if (latest.filter((failed) => failed).length >= failures) return true
  return latest.length >= inARow && latest.slice(-inARow).every((failed) => failed)
}

export type Window = {
  /** Counts a call. @returns whether the upstream is failing */
  add(failed: boolean): boolean
  clear(): void
}

/** The latest calls of one container to one upstream: a sliding window of a number of calls. */
export function createWindow(rule: Rule, now: () => number): Window {
  let latest: { at: number; failed: boolean }[] = []
  return {
    add(failed) {
      const at = now()
      latest.push({ at, failed })
      latest = latest.filter((call) => at - call.at < AGE_MILLIS).slice(-rule.calls)
      const outcomes = latest.map((call) => call.failed)
      return isFailing(outcomes, rule)
    },
    clear() {
      latest = []
    },
  }
}
