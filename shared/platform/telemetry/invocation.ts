import type { Context } from 'aws-lambda'
import { type Scope, withScope } from './scope.ts'

/** Kept back from the remaining time, so that an answer still gets out when the deadline passes. */
export const DEADLINE_RESERVE_MILLIS = 300
/** Used where nobody says how much time is left (a handler called from a test). */
const DEFAULT_MILLIS = 10_000

let cold = true

/**
 * Opens the scope of one invocation: trace id, cold start, and a deadline made from the remaining
 * time less a reserve.
 */
export function invocation<T>(context: Context, traceId: string, work: (scope: Scope) => T): T {
  const remaining = context.getRemainingTimeInMillis?.() ?? DEFAULT_MILLIS
  const scope: Scope = {
    traceId,
    functionName: context.functionName ?? 'unknown',
    coldStart: cold,
    deadline: AbortSignal.timeout(Math.max(1, Math.floor(remaining - DEADLINE_RESERVE_MILLIS))),
  }
  cold = false
  return withScope(scope, () => work(scope))
}
