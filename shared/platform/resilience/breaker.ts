import { isOutage } from '../errors/api-error.ts'
import { Unavailable } from '../errors/standard.ts'
import { log } from '../telemetry/log.ts'

export type BreakerOptions = {
  /** The upstream, as logs name it: `redis`, `database replica`, … */
  name: string
  /** How long calls are refused before one is let through to try, in milliseconds. */
  openMillis?: number
  /** How long a call counts, in milliseconds. */
  windowMillis?: number
  /** Calls within the window below which nothing is concluded from them. */
  minimumCalls?: number
  /** Share of failed calls, 0 to 1, from which the breaker opens. */
  failureShare?: number
  /** A clock that only goes forward, in milliseconds. */
  now?(): number
}

export type Breaker = {
  /**
   * Runs `work`, or refuses to where the upstream has failed too often lately.
   * @throws Unavailable without running `work` while the breaker is open; else what `work` throws
   */
  run<T>(work: () => Promise<T>): Promise<T>
  readonly state: 'closed' | 'open' | 'half-open'
}

/** The latest calls say more than many: a container makes few, and one after the other. */
const LATEST = 20

/**
 * Stops calling an upstream that is failing, so that callers turn to something else at once and do not
 * wait for one time-out after another. Only outages count: an upstream that refuses a wrong command is
 * well. Half-open lets one call through: its outcome closes or opens the breaker again.
 * @see Nygard, "Release It!", 2nd ed., chapter 5; https://martinfowler.com/bliki/CircuitBreaker.html
 */
export function createBreaker({
  name,
  openMillis = 1_000,
  windowMillis = 10_000,
  minimumCalls = 5,
  failureShare = 0.5,
  now = () => performance.now(),
}: BreakerOptions): Breaker {
  let calls: { at: number; failed: boolean }[] = []
  /** When calls may try again; undefined while closed. */
  let openUntil: number | undefined
  let probing = false

  function state(): Breaker['state'] {
    if (openUntil === undefined) return 'closed'
    return now() < openUntil ? 'open' : 'half-open'
  }

  function open(why: string): void {
    openUntil = now() + openMillis
    calls = []
    log.warn('breaker open', { upstream: name, why })
  }

  function close(): void {
    openUntil = undefined
    calls = []
    log.info('breaker closed', { upstream: name })
  }

  function record(failed: boolean): void {
    // A call that began while closed may end after the breaker opened: it says nothing new.
    if (openUntil !== undefined) return
    const at = now()
    calls = [...calls.filter((call) => at - call.at < windowMillis), { at, failed }].slice(-LATEST)
    const failures = calls.filter((call) => call.failed).length
    if (calls.length < minimumCalls || failures < calls.length * failureShare) return
    open(`${failures} of ${calls.length} calls failed`)
  }

  async function probe<T>(work: () => Promise<T>): Promise<T> {
    probing = true
    try {
      const result = await work()
      close()
      return result
    } catch (error) {
      if (isOutage(error)) open('it still fails')
      else close()
      throw error
    } finally {
      probing = false
    }
  }

  return {
    get state() {
      return state()
    },
    async run(work) {
      if (openUntil !== undefined) {
        if (probing || state() === 'open') {
          throw Unavailable.because(name, new Error('its breaker is open'))
        }
        return probe(work)
      }
      try {
        const result = await work()
        record(false)
        return result
      } catch (error) {
        record(isOutage(error))
        throw error
      }
    },
  }
}
