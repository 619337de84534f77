import { currentScope, type Scope } from '../telemetry/scope.ts'

/** Where the values that an invocation asked for came from; the fields of its log line. */
export type CacheCounts = {
  /** The container's memory. */
  cacheMemory: number
  /** Redis. */
  cacheRedis: number
  /** The source: a miss, or an entry whose time had come. */
  cacheSource: number
  /** Redis, and past its time: somebody else is refreshing it, or the source did not answer. */
  cacheStale: number
  /** None: what Redis was asked for and did not answer. */
  cacheFailed: number
}

/** Keyed by the invocation, so that its counts go when it goes. */
const counts = new WeakMap<Scope, CacheCounts>()

/** Counts for the invocation that is running; outside of one nobody would read it. */
export function count(what: keyof CacheCounts, by = 1): void {
  const scope = currentScope()
  if (scope === undefined || by === 0) return
  let own = counts.get(scope)
  if (own === undefined) {
    own = { cacheMemory: 0, cacheRedis: 0, cacheSource: 0, cacheStale: 0, cacheFailed: 0 }
    counts.set(scope, own)
  }
  own[what] += by
}

/** @returns the counts of the running invocation, or undefined where it has used no cache */
export function cacheCounts(): CacheCounts | undefined {
  const scope = currentScope()
  return scope && counts.get(scope)
}
