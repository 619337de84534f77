import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'

/** What everything that happens within one invocation shares. */
export type Scope = {
  /** Goes on every log line, message, SQL comment and outgoing call. */
  traceId: string
  /** The Lambda function's name. */
  functionName: string
  /** What the function does: `GET /api/orders/{id}`, `queue stock`, `schedule relay`. */
  route?: string
  /** True for the first invocation of this container. */
  coldStart: boolean
  /** Aborts shortly before the platform would end the invocation. */
  deadline: AbortSignal
  /** When that will be, in milliseconds since 1970; left out where nobody says. */
  endsAt?: number
  /** What {@link alongside} was given. */
  alongside?: Promise<void>[]
}

/** The form of a trace id that a request may bring. */
export const TRACE_ID = /^[A-Za-z0-9._-]{8,64}$/
const scopes = new AsyncLocalStorage<Scope>()

/** @returns `candidate` where it has the form of a trace id, else a new one */
export function traceIdFrom(candidate: string | undefined): string {
  return candidate !== undefined && TRACE_ID.test(candidate) ? candidate : randomUUID()
}

/** Runs `work` so that {@link currentScope} finds `scope` in all that it calls. */
export function withScope<T>(scope: Scope, work: () => T): T {
  return scopes.run(scope, work)
}

/** @returns the scope of the invocation that is running, or undefined outside of one (scripts, tests) */
export function currentScope(): Scope | undefined {
  return scopes.getStore()
}

/**
 * The deadline for one call to an upstream: the invocation's own, or `capMillis` from now where
 * that comes first, so that one slow upstream can't use up the whole invocation.
 */
export function callDeadline(capMillis: number): AbortSignal {
  const cap = AbortSignal.timeout(capMillis)
  const scope = currentScope()
  return scope === undefined ? cap : AbortSignal.any([scope.deadline, cap])
}

/**
 * Runs `work` with less time than the invocation has: every call within it ends with an error by then.
 * @param millis from now; the invocation's own deadline may come first
 */
export function withDeadline<T>(millis: number, work: () => Promise<T>): Promise<T> {
  const outer = currentScope()
  const endsAt = Math.min(Date.now() + millis, outer?.endsAt ?? Number.POSITIVE_INFINITY)
  const deadline = callDeadline(millis)
  if (outer === undefined) {
    const traceId = traceIdFrom(undefined)
    return withScope({ traceId, functionName: 'none', coldStart: false, deadline, endsAt }, work)
  }
  // One list for both: the invocation waits for what is handed over within.
  outer.alongside ??= []
  return withScope({ ...outer, deadline, endsAt }, work)
}

/**
 * Hands over work that its caller does not wait for. The invocation does, before it ends: afterwards
 * Lambda freezes the container.
 * @param work is bounded by itself, and never rejects
 */
export function alongside(work: Promise<void>): void {
  const scope = currentScope()
  if (scope === undefined) return
  scope.alongside ??= []
  scope.alongside.push(work)
}

/** @returns whether the running invocation is about to be ended: begin nothing new then */
export function outOfTime(): boolean {
  return currentScope()?.deadline.aborted === true
}

/** @returns milliseconds until the running invocation's deadline; Infinity where there is none */
export function millisLeft(): number {
  return (currentScope()?.endsAt ?? Number.POSITIVE_INFINITY) - Date.now()
}
