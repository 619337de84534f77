import { createMemory } from '../cache/memory.ts'
import { isOutage } from '../errors/api-error.ts'
import type { Buckets } from './bucket.ts'
import { type Limit, SCOPES, type Scope, termsOf } from './limit.ts'
import { Purse } from './purse.ts'

/** Keys that a container knows at a time; of more it forgets what was used longest ago. */
const REMEMBERED = 10_000
/** Keys with debts at which they are settled though nothing else has to be asked. */
const MOST_OWING = 200

/**
 * Longest that a request waits while others get what is granted, in milliseconds: a container that has many
 * at once may be asked for more than Redis lets it have.
 */
const PATIENCE_MILLIS = 1_000

/** Who makes a request, as far as it is known; a scope that is left out is not counted. */
export type Caller = { [scope in Scope]?: string | undefined }

/** The limit that a request is over, and the milliseconds until it makes sense to try again. */
export type Refusal = { scope: Scope; waitMillis: number }

export type Taken = {
  /** What the request was counted in. */
  purses: readonly Purse[]
  refused?: Refusal
}

export type Limiter = {
  /**
   * Takes a permit of each of the limits, or of none.
   * @throws Unavailable where nobody can count and the limit is closed then
   */
  take(limit: Limit, caller: Caller): Promise<Taken>
  /** @returns what this container knows against a request, without asking and without counting it */
  refusal(limit: Limit, caller: Caller): Refusal | undefined
}

/**
 * Counts requests against limits that all containers keep together, and asks Redis about few of them:
 * docs/decisions/0026-limits.md says how, and how far off it can be.
 * @param now a clock that only goes forward, in milliseconds
 */
export function createLimiter(buckets: Buckets, now = () => performance.now()): Limiter {
  const purses = createMemory<Purse>(REMEMBERED, now)
  const owing = new Set<Purse>()
  /** Purses that have to be asked about, and how many requests wait for each. */
  const wanted = new Map<Purse, number>()
  let asking: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined

  function purseOf(limit: Limit, scope: Scope, id: string): Purse | undefined {
    const rate = limit[scope]
    if (rate === undefined) return undefined
    const key = `${limit.name}:${scope}:${id}`
    const known = purses.get(key)
    if (known !== undefined) return known
    const purse = new Purse(key, termsOf(scope, rate))
    purses.set(key, purse, Number.POSITIVE_INFINITY)
    return purse
  }

  function pursesOf(limit: Limit, caller: Caller): Purse[] {
    const found: Purse[] = []
    for (const scope of SCOPES) {
      const id = caller[scope]
      const purse = id === undefined ? undefined : purseOf(limit, scope, id)
      if (purse !== undefined) found.push(purse)
    }
    return found
  }

  function refusalOf(counted: readonly Purse[], at: number): Refusal | undefined {
    for (const purse of counted) {
      const waitMillis = purse.refusedFor(at)
      if (waitMillis > 0) return { scope: purse.terms.scope, waitMillis }
    }
    return undefined
  }

  function takeFrom(purse: Purse, at: number): void {
    purse.take(at)
    if (purse.debt > 0) owing.add(purse)
  }

  /** One call at a time: who comes meanwhile is in the next one, all together. */
  function ask(short: readonly Purse[]): Promise<void> {
    for (const purse of short) wanted.set(purse, (wanted.get(purse) ?? 0) + 1)
    next ??= asking.then(send, send)
    return next
  }

  async function send(): Promise<void> {
    asking = next as Promise<void>
    next = undefined
    const waiting = new Map([...[...owing].map((purse) => [purse, 0] as const), ...wanted])
    wanted.clear()
    const sentAt = now()
    const asked = [...waiting].map(([purse, count]) => purse.question(sentAt, count))
    const replies = await buckets(asked)
    const at = now()
    for (const [index, purse] of [...waiting.keys()].entries()) {
      const [question, reply] = [asked[index], replies[index]]
      if (question === undefined || reply === undefined) continue
      purse.answered(question, reply, sentAt, at)
      if (purse.debt === 0) owing.delete(purse)
    }
  }

  return {
    async take(limit, caller) {
      const counted = pursesOf(limit, caller)
      const until = now() + PATIENCE_MILLIS
      for (;;) {
        const at = now()
        const refused = refusalOf(counted, at)
        if (refused !== undefined) return { purses: counted, refused }
        const short = counted.filter((purse) => !purse.canTake(at))
        if (short[0] !== undefined && at >= until) {
          const { scope } = short[0].terms
          return { purses: counted, refused: { scope, waitMillis: PATIENCE_MILLIS } }
        }
        if (short.length === 0 && owing.size < MOST_OWING) {
          for (const purse of counted) takeFrom(purse, at)
          return { purses: counted }
        }
        try {
          await ask(short)
        } catch (error) {
          if (limit.withoutRedis === 'closed' || !isOutage(error)) throw error
          return { purses: counted }
        }
      }
    },

    refusal: (limit, caller) => refusalOf(pursesOf(limit, caller), now()),
  }
}
