import { alongside } from '../telemetry/scope.ts'
import { RULE } from './window.ts'

/** Redis hears from a container no more often than this, in milliseconds. */
const REPORT_MILLIS = 200
/** Calls that a container tells of after a failure. */
const ATTENTION_CALLS = RULE.calls
/** Calls that went well are told of in so many at once. */
const BATCH_CALLS = 10

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
  /** May the caller try? One at a time may, for `leaseMillis`: whoever dies keeps nobody waiting longer. */
  ask(): Promise<Known>
  /** Says what came of trying: closes the breaker, or has everybody wait `openMillis` again. */
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
  let attention = 0
  let pending: boolean[] = []
  let reportedAt = Number.NEGATIVE_INFINITY

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
      const attentive = attention > 0
      if (attentive) {
        attention--
        pending = [...pending, failed].slice(-RULE.calls)
      }
      if (failed) attention = ATTENTION_CALLS
      const isOver = attentive && attention === 0
      const due = failed || isOver || pending.length >= BATCH_CALLS
      if (due && now() - reportedAt >= REPORT_MILLIS) alongside(report())
    },
    attend() {
      attention = ATTENTION_CALLS
      pending = []
    },
  }
}
