import type { Context } from 'aws-lambda'
import { type Scope, withScope } from './scope.ts'

/** Kept back from the remaining time, so that an answer still gets out when the deadline passes. */
export const DEADLINE_RESERVE_MILLIS = 300
/** Used where nobody says how much time is left (a handler called from a test). */
const DEFAULT_MILLIS = 10_000

let cold = true

/**
 * Opens the scope of one invocation: trace id, cold start, and a deadline made from the remaining
 * time less a reserve. It ends when `work` and all that was put `alongside` it have ended.
 * @param route what the function does: see {@link Scope}
 */
export function invocation<T>(
  context: Context,
  route: string,
  traceId: string,
  work: (scope: Scope) => Promise<T>,
): Promise<T> {
  const remaining = context.getRemainingTimeInMillis?.() ?? DEFAULT_MILLIS
  const endsAt = Date.now() + Math.max(1, Math.floor(remaining - DEADLINE_RESERVE_MILLIS))
  let deadline: AbortSignal | undefined
  const scope: Scope = {
    traceId,
    functionName: context.functionName ?? 'unknown',
    route,
    coldStart: cold,
    endsAt,
    // Made when it is first asked for: what is answered from memory does without its timer.
    get deadline() {
      deadline ??= signalAt(endsAt)
      return deadline
    },
  }
  cold = false
  return withScope(scope, async () => {
    try {
      return await work(scope)
    } finally {
      if (scope.alongside !== undefined) await Promise.all(scope.alongside)
    }
  })
}

/** A signal that aborts then, in milliseconds since 1970; it has aborted where that has passed. */
function signalAt(end: number): AbortSignal {
  const left = end - Date.now()
  return left > 0
    ? AbortSignal.timeout(left)
    : AbortSignal.abort(new DOMException('the time is up', 'TimeoutError'))
}
