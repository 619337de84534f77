import { alongside } from '../telemetry/scope.ts'
import { RULE } from './window.ts'

/** Redis hears from a container no more often than this, in milliseconds. */
const REPORT_MILLIS = 200
/** Calls that a container tells of after a failure, and for how long at most, in milliseconds. */
const ATTENTION_CALLS = 10
const ATTENTION_MILLIS = 30_000

/** What all containers know of an upstream. */
export type Known =
  | 'closed'
  /** Open, and the caller is the one who tries now. */
  | 'try'
  /** Open; how long to leave both the upstream and Redis alone. */
  | { waitMillis: number }

/** One breaker of all containers. All methods throw Unavailable where Redis does not answer. */
export type Fleet = {
  /** Tells of calls in their order, true for failed ones. @returns `closed`, or for how long it is open */
  report(outcomes: readonly boolean[]): Promise<Exclude<Known, 'try'>>
  /** May the caller try? One call in a second may: whoever dies keeps nobody waiting longer. */
  ask(): Promise<Known>
  /** Says what came of trying: closes the breaker, or has everybody wait out that second. */
  tried(failed: boolean): Promise<void>
}

export type Reporter = {
  record(failed: boolean): void
  /** From now on counts, as after a failure. */
  attend(): void
}

/**
 * Decides what a container tells the others of its calls. While all is well nothing; a failure wakes it: it
 * asks what the others know, and tells of the calls that follow, good and bad.
 *
 * Not of the failure itself. Who speaks up only after a failure, and counts that, finds failures
 * everywhere: a hundred new containers with one call each, of which one fails, would report one call
 * of one. What follows a failure is a fair sample of the upstream.
 * @param heardOpen told for how long the breaker of all is open
 */
export function createReporter(
  fleet: Fleet,
  now: () => number,
  heardOpen: (waitMillis: number) => void,
): Reporter {
  let attention = { calls: 0, until: 0 }
  let pending: boolean[] = []
  let reportedAt = Number.NEGATIVE_INFINITY

  function attend(): void {
    attention = { calls: ATTENTION_CALLS, until: now() + ATTENTION_MILLIS }
  }

  async function report(): Promise<void> {
    const outcomes = pending
    pending = []
    // To ask is not yet to report: what fails next is told at once.
    if (outcomes.length > 0) reportedAt = now()
    // Without Redis the container goes by its own calls.
    const known = await fleet.report(outcomes).catch(() => 'closed' as const)
    if (known !== 'closed') heardOpen(known.waitMillis)
  }

  return {
    record(failed) {
      const attentive = attention.calls > 0 && now() < attention.until
      if (attentive) attention.calls--
      // What was not told in time is not told later.
      pending = attentive ? [...pending, failed].slice(-RULE.calls) : []
      if (failed) attend()
      // Good calls as soon as bad ones: what is told first must be as fair as the whole.
      const isDue = (attentive || failed) && now() - reportedAt >= REPORT_MILLIS
      const isOver = attentive && attention.calls === 0
      if (isDue || isOver) alongside(report())
    },
    attend() {
      attend()
      pending = []
    },
  }
}
