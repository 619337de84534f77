/** When calls say that their upstream is failing: at least `failures` of the last `calls` failed. */
export type Rule = { calls: number; failures: number }

/**
 * Half of the last twenty. One that fails 1 % of its calls has no such twenty in many times 100,000 calls;
 * one that fails half of them has one within some fifty. See docs/decisions/0027-breakers.md.
 */
export const RULE: Rule = { calls: 20, failures: 10 }

/** A call of longer ago says nothing about now, in milliseconds. */
const AGE_MILLIS = 30_000

export type Window = {
  /** Counts a call. @returns whether the upstream is failing */
  add(failed: boolean): boolean
  clear(): void
}

/** The latest calls of one container to one upstream: a sliding window of a number of calls. */
export function createWindow({ calls, failures }: Rule, now: () => number): Window {
  let latest: { at: number; failed: boolean }[] = []
  return {
    add(failed) {
      const at = now()
      latest.push({ at, failed })
      latest = latest.filter((call) => at - call.at < AGE_MILLIS).slice(-calls)
      return latest.filter((call) => call.failed).length >= failures
    },
    clear() {
      latest = []
    },
  }
}
