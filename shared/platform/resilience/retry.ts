import { setTimeout as sleep } from 'node:timers/promises'
import { type Received, SendFailed } from '../net/send.ts'
import { describeError, log } from '../telemetry/log.ts'
import { millisLeft } from '../telemetry/scope.ts'

/** Before the second try, doubled before each further one, and at most; in milliseconds. */
const BASE_MILLIS = 20
const CAP_MILLIS = 500
/** What each call pays into the budget; a retry takes 1. So they add a tenth to the load, and no more. */
const RATIO = 0.1
/** What the budget holds at most, and at first. */
const FULL = 10

/**
 * False: it must not be done again, or would be in vain. True: it may. A number: it may, after so many
 * milliseconds at least (Retry-After).
 */
export type Again = boolean | number

/** The other side is busy, and says when to come back. */
export class AskedToWait extends Error {
  override readonly name = 'AskedToWait'
  readonly millis: number

  constructor(status: number, millis: number) {
    super(`status ${status}, come back in ${millis} ms`)
    this.millis = millis
  }
}

/** @returns the answer. @throws AskedToWait where it is 429 or 503 with a Retry-After in seconds */
export function unlessAsked(answer: Received): Received {
  const { status, headers } = answer
  const seconds = headers.get('retry-after') ?? ''
  if ((status !== 429 && status !== 503) || !/^\d{1,5}$/.test(seconds)) return answer
  throw new AskedToWait(status, Number(seconds) * 1000)
}

/** For what may be done twice: again where the connection was lost, or when the other side asked for it. */
export function lostOrAsked(error: unknown): Again {
  return error instanceof AskedToWait ? error.millis : error instanceof SendFailed
}

export type Retry = <T>(
  work: () => Promise<T>,
  options: {
    /** In all. */
    tries: number
    again(error: unknown): Again
  },
) => Promise<T>

export type RetryOptions = {
  /** From 0 up to, but not including, 1. */
  random?(): number
  pause?(millis: number): Promise<unknown>
}

/**
 * Tries again what the caller says may be done twice: after an exponential backoff with full jitter, as far
 * as a budget goes, and never past the invocation's deadline. Which calls do, and why no others:
 * docs/decisions/0027-breakers.md.
 * @see https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
 * @see https://twitter.github.io/finagle/guide/Clients.html#retries (the budget)
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md#throttling-retry-attempts-and-hedged-rpcs
 */
export function createRetry({ random = Math.random, pause = sleep }: RetryOptions = {}): Retry {
  let budget = FULL
  return async (work, { tries, again }) => {
    budget = Math.min(FULL, budget + RATIO)
    for (let attempt = 1; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        const asked = attempt < tries && again(error)
        if (asked === false || budget < 1) throw error
        const jittered = random() * Math.min(CAP_MILLIS, BASE_MILLIS * 2 ** (attempt - 1))
        const wait = jittered + (asked === true ? 0 : asked)
        if (wait >= millisLeft()) throw error
        budget -= 1
        log.info('tried again', { attempt, error: describeError(error) })
        await pause(wait)
      }
    }
  }
}

/** All retries of a container share one budget. */
export const retry = /* @__PURE__ */ createRetry()
