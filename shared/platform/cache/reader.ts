import { setTimeout as sleep } from 'node:timers/promises'
import { Unavailable } from '../errors/standard.ts'
import { dataJson } from '../http/json.ts'
import { BreakerOpen } from '../resilience/breaker.ts'
import { describeError, log } from '../telemetry/log.ts'
import { count } from './counts.ts'
import { jittered } from './early.ts'
import { LEASE_MILLIS, type Remote } from './remote.ts'

/** While somebody else loads, the next look at Redis comes after this, growing, in milliseconds. */
const PAUSES = { first: 8, longest: 100 }
/** How long it looks in all, in milliseconds: whoever had the lease is gone by then, and the next too. */
const WAIT_MILLIS = 2 * LEASE_MILLIS
/** How long a reader that has a value already waits for a newer one, in milliseconds. */
const REFRESH_MILLIS = 500

export type Reader = {
  /** Loads the source for all of `ids`; leaves out what does not exist. */
  load(ids: readonly string[]): Promise<Map<string, unknown>>
  freshSeconds: number
  keepSeconds: number
  absentSeconds: number
  remote: Remote
  now(): number
  random(): number
}

/**
 * Told of each value that is found, as JSON, '' where the source has none; perhaps of a newer one later.
 * @param asOf when it was asked for, by the reader's clock: the value was true then or later, which is
 *   all that can be promised of it
 * @param isGood false where it was replaced since: for whoever asked before, and nobody after
 */
export type Tell = (id: string, text: string, asOf: number, isGood: boolean) => void

/**
 * One reader's way through Redis and the source, at the end of which all ids have been told of.
 * @param name of the cache, for the log
 * @throws what the source throws, where there is nothing else to answer with; Unavailable where those
 *   whom it waits for do not come through
 */
export async function readThrough(
  name: string,
  { load, remote, now, random, ...times }: Reader,
  ids: readonly string[],
  tell: Tell,
): Promise<void> {
  const self = remote.newReader()
  const begun = performance.now()
  let pending = ids
  for (let pause = PAUSES.first; ; pause = Math.min(pause * 2, PAUSES.longest)) {
    const readings = await look(pending)
    if (readings === undefined) {
      count('cacheFailed', pending.length)
      return loadAll(pending, undefined)
    }
    const cold = readings.filter(({ text, leased }) => leased && text === undefined)
    const leased = readings.filter((reading) => reading.leased)
    if (cold.length > 0) await loadCold(idsOf(leased), idsOf(cold))
    else if (leased.length > 0) await refresh(idsOf(leased))
    pending = idsOf(readings.filter(({ text, leased }) => !leased && text === undefined))
    if (pending.length === 0) return
    if (performance.now() - begun > WAIT_MILLIS)
      throw Unavailable.because('source', new Error('nobody comes to fill the cache'))
    await sleep(pause * (0.5 + random() / 2))
  }

  /** Tells of what Redis has. @returns undefined where it does not answer */
  async function look(wanted: readonly string[]) {
    const asOf = now()
    try {
      const readings = await remote.read(wanted, self)
      for (const { id, text, due, leased } of readings) {
        if (text === undefined) continue
        tell(id, text, asOf, true)
        if (!leased) count(due ? 'cacheStale' : 'cacheRedis')
      }
      return readings
    } catch (error) {
      warn('cache not read', error)
      return undefined
    }
  }

  /** @param fill puts what was loaded into Redis; undefined where that is away */
  async function loadAll(wanted: readonly string[], fill: Remote['fill'] | undefined) {
    const asOf = now()
    const started = performance.now()
    const loaded = await load(wanted)
    const loadMillis = performance.now() - started
    count('cacheSource', wanted.length)
    const fillings = wanted.map((id) => ({ id, loadMillis, ...entryOf(loaded.get(id)) }))
    const filled = await fill?.(fillings, self).catch((error) => warn('cache not filled', error))
    for (const [index, { id, text }] of fillings.entries())
      tell(id, text, asOf, filled?.[index] !== false)
  }

  function entryOf(value: unknown) {
    const isThere = value !== undefined
    const fresh = jittered(isThere ? times.freshSeconds : times.absentSeconds, random)
    const keep = Math.max(fresh, isThere ? times.keepSeconds : 0)
    const text = isThere ? dataJson(value) : ''
    return { text, freshMillis: fresh * 1000, keepMillis: keep * 1000 }
  }

  async function loadCold(leased: readonly string[], cold: readonly string[]): Promise<void> {
    try {
      await loadAll(leased, remote.fill)
    } catch (error) {
      await remote.release(cold, self).catch((away) => warn('cache lease not given back', away))
      throw error
    }
  }

  /** All have been told of, so this can fail, or go on when there is an answer already. */
  async function refresh(leased: readonly string[]): Promise<void> {
    const loading = loadAll(leased, remote.fill).catch((error) => {
      count('cacheStale', leased.length)
      warn('cache not refreshed', error)
    })
    await inTime(loading, REFRESH_MILLIS)
  }

  function warn(message: string, error: unknown): void {
    // A breaker that is open has said so itself, once.
    if (!(error instanceof BreakerOpen))
      log.warn(message, { cache: name, error: describeError(error) })
  }
}

const idsOf = (readings: readonly { id: string }[]) => readings.map(({ id }) => id)

/** Waits for work, which goes on where it takes longer. */
async function inTime(work: Promise<void>, millis: number): Promise<void> {
  const given = new AbortController()
  const over = sleep(millis, undefined, { signal: given.signal, ref: false }).catch(() => undefined)
  await Promise.race([work, over])
  given.abort()
}
