import { isOutage } from '../errors/api-error.ts'
import { Unavailable } from '../errors/standard.ts'
import { log } from '../telemetry/log.ts'
import { alongside, millisLeft } from '../telemetry/scope.ts'
import { createReporter, type Fleet } from './reporter.ts'
import { createWindow, RULE, type Rule } from './window.ts'

/**
 * While a breaker is open one call in this time is let through to try, in milliseconds; also where the one
 * before has no answer yet.
 */
export const OPEN_MILLIS = 1_000
/** A call that had less time than this from the start, in milliseconds, may fail for that alone. */
const FAIR_MILLIS = 1_000

export type BreakerOptions = {
  /** The upstream, as logs name it: `redis`, `database replica`, … */
  name: string
  /** From when on the container itself leaves the upstream alone. */
  rule?: Rule
  /** What all containers know; left out: each learns by itself. */
  fleet?: Fleet
  openMillis?: number
  /** Which errors say that the upstream is failing; outages where it is left out. */
  isFailure?(error: unknown): boolean
  /** A clock that only goes forward, in milliseconds. */
  now?(): number
}

/** 503: not even tried, because the upstream has failed too often lately. */
export class BreakerOpen extends Unavailable {
  static of(upstream: string): BreakerOpen {
    const cause = new Error(`${upstream} is unavailable`, {
      cause: new Error('its breaker is open'),
    })
    return new BreakerOpen(undefined, { cause, retryAfterSeconds: 1 })
  }
}

export type Breaker = {
  /**
   * Runs `work`, or refuses to where the upstream has failed too often lately.
   * @param failed whether what `work` returned is a failure of the upstream; it is returned all the same
   * @throws BreakerOpen without running `work`; else what `work` throws
   */
  run<T>(work: () => Promise<T>, failed?: (result: T) => boolean): Promise<T>
  /** Runs and counts `work`, and never refuses: for what must not be left half done. */
  watch<T>(work: () => Promise<T>): Promise<T>
  readonly state: 'closed' | 'open' | 'half-open'
}

/** What a call said of its upstream; undefined where it had too little time to say anything. */
type Outcome = 'ok' | 'failed' | undefined

/**
 * Stops calling an upstream that is failing, so that callers turn to something else at once and do not
 * wait for one time-out after another. A refusal of what was asked is no failure. Half-open lets one call
 * through, over all containers: its outcome closes or opens the breaker again.
 *
 * While all is well it asks nobody; see reporter.ts for when it does. Without Redis, and for Redis itself,
 * each container goes by its own calls.
 * @see Nygard, "Release It!", 2nd ed., chapter 5; https://martinfowler.com/bliki/CircuitBreaker.html
 */
export function createBreaker({
  name,
  rule = RULE,
  fleet,
  openMillis = OPEN_MILLIS,
  isFailure = isOutage,
  now = () => performance.now(),
}: BreakerOptions): Breaker {
  const window = createWindow(rule, now)
  const reporter = fleet && createReporter(fleet, now, (waitMillis) => open(waitMillis, false))
  /** When a call may ask to try; undefined while closed. */
  let openUntil: number | undefined
  /** Opened by this container's own calls: then only a call of its own closes it. */
  let isOwn = false

  function open(millis: number, own: boolean): void {
    if (openUntil === undefined)
      log.warn('breaker open', { upstream: name, by: own ? 'own calls' : 'all' })
    openUntil = now() + millis
    isOwn ||= own
  }

  function close(): void {
    log.info('breaker closed', { upstream: name })
    openUntil = undefined
    isOwn = false
    window.clear()
    reporter?.attend()
  }

  function record(outcome: Outcome): void {
    // A call that began while closed may end after the breaker opened: it says nothing new.
    if (outcome === undefined || openUntil !== undefined) return
    const failed = outcome === 'failed'
    if (window.add(failed)) open(openMillis, true)
    reporter?.record(failed)
  }

  function settle(outcome: Outcome): void {
    // Where it failed the others still have to wait as long as it was to.
    if (outcome === 'ok') close()
    if (fleet !== undefined) alongside(fleet.tried(outcome !== 'ok').catch(() => undefined))
  }

  async function watched<T>(
    work: () => Promise<T>,
    tell: (outcome: Outcome) => void,
    failed?: (result: T) => boolean,
  ): Promise<T> {
    const fair = millisLeft() >= FAIR_MILLIS
    try {
      const result = await work()
      tell(failed?.(result) ? 'failed' : 'ok')
      return result
    } catch (error) {
      if (!isFailure(error)) tell('ok')
      else tell(fair ? 'failed' : undefined)
      throw error
    }
  }

  /** @returns whether the breaker turned out to be closed, else the call is the one that tries */
  async function mayTry(): Promise<boolean> {
    if (openUntil === undefined) return true
    if (now() < openUntil || millisLeft() < FAIR_MILLIS) throw BreakerOpen.of(name)
    // For all others of this container, until there is an answer.
    openUntil = now() + openMillis
    const known = fleet === undefined ? 'try' : await fleet.ask().catch(() => 'try' as const)
    if (typeof known === 'object') {
      openUntil = now() + known.waitMillis
      throw BreakerOpen.of(name)
    }
    if (known === 'try' || isOwn) return false
    close()
    return true
  }

  return {
    get state() {
      if (openUntil === undefined) return 'closed'
      return now() < openUntil ? 'open' : 'half-open'
    },
    run: async (work, failed) => watched(work, (await mayTry()) ? record : settle, failed),
    watch: (work) => watched(work, record),
  }
}
