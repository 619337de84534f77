import type { Question, Reply } from './bucket.ts'
import type { Terms } from './limit.ts'

/**
 * How long a container may use what it was granted, in milliseconds: also the time for which it asks
 * in advance, by what it used lately.
 */
export const LEASE_MILLIS = 10_000
/** Asked for at the least: a container that has served one will mostly serve some more. */
const FEWEST = 4
/** What is asked for grows by this at most from one time to the next. */
const GROWTH = 4

/** How a bucket stands, as far as a container knows. */
export type Standing = { remaining: number; resetMillis: number }

/**
 * What a container has of one bucket: permits that it was granted, and credit. Times are milliseconds of
 * a clock that only goes forward. An answer is read so that its time in transit never counts for us.
 */
export class Purse {
  readonly key: string
  readonly terms: Terms
  /** Requests on credit of which Redis does not know. */
  debt = 0
  #left = 0
  #granted = 0
  #from = 0
  #until = 0
  #refusedUntil = 0
  #usedUntil = 0

  constructor(key: string, terms: Terms) {
    this.key = key
    this.terms = terms
  }

  /** @returns milliseconds until requests pass again: 0 where nothing is known against one */
  refusedFor(now: number): number {
    if (this.#hasPermits(now)) return Math.max(0, this.#from - now)
    return Math.max(0, this.#refusedUntil - now)
  }

  /** Whether a request can pass without asking. */
  canTake(now: number): boolean {
    if (this.refusedFor(now) > 0) return false
    return this.#hasPermits(now) || this.debt < this.terms.credit
  }

  /** Lets one request pass, where {@link canTake} says so. */
  take(now: number): void {
    if (this.#hasPermits(now)) this.#left--
    else this.debt++
  }

  /**
   * What to ask Redis now.
   * @param waiting requests that wait for the answer; 0 only settles
   */
  question(now: number, waiting: number): Question {
    const { key, terms, debt } = this
    if (waiting === 0) return { key, terms, debt, want: 0 }
    return { key, terms, debt, want: Math.max(this.#next(now), waiting) }
  }

  /** @param sentAt when the question went out; @param now when the answer came */
  answered({ debt }: Question, reply: Reply, sentAt: number, now: number): void {
    const wait = reply.waitMicros / 1000
    this.debt -= debt
    this.#usedUntil = now + reply.usedMicros / 1000
    this.#refusedUntil = reply.granted > 0 || wait === 0 ? 0 : now + wait
    if (reply.granted === 0) return
    // Two calls in a row, for requests that came together: what is left over goes on, but no longer.
    const kept = wait === 0 && this.#hasPermits(now) ? this.#left : 0
    const until = sentAt + wait + LEASE_MILLIS
    this.#left = this.#granted = kept + reply.granted
    this.#from = now + wait
    this.#until = kept > 0 ? Math.min(this.#until, until) : until
  }

  standing(now: number): Standing {
    const { burst, interval } = this.terms
    const refused = this.refusedFor(now)
    if (refused > 0) return { remaining: 0, resetMillis: refused }
    const used = Math.max(0, this.#usedUntil - now)
    const own = (this.#hasPermits(now) ? this.#left : 0) - this.debt
    const remaining = Math.floor(burst - (used * 1000) / interval) + own
    return { remaining: Math.min(burst, Math.max(0, remaining)), resetMillis: used }
  }

  #hasPermits(now: number): boolean {
    return this.#left > 0 && now < this.#until
  }

  /** As many as the next lease's time will need, if it goes on as it went. */
  #next(now: number): number {
    const used = this.#granted - this.#left
    const millis = this.#left > 0 ? LEASE_MILLIS : Math.max(1, now - this.#from)
    const expected = Math.ceil((used * LEASE_MILLIS) / millis)
    return Math.max(FEWEST, Math.min(expected, this.#granted * GROWTH))
  }
}
