import { isOutage } from '../../platform/errors/api-error.ts'
import { Unavailable } from '../../platform/errors/standard.ts'
import { alongside, millisLeft } from '../../platform/telemetry/scope.ts'
import type { Intake, Next } from '../intake/intake.ts'
import type { Direct } from './direct.ts'
import type { Placed, Placement } from './holds.ts'

/** Longest wait for a way to take an order, in milliseconds: some more than leaving Redis takes. */
const WAIT_MILLIS = 6_000
/** What is left of the invocation then, in milliseconds: the answer must still go out. */
const SPARE_MILLIS = 1_000
/** Shortest wait; one that is known is made up to half as long again, so that not all come at once. */
const PAUSE_MILLIS = 20

export type AcceptDeps = {
  /** Holds the order in Redis. */
  hold(placement: Placement): Promise<Placed>
  /** Adds the address, as the database has it. @throws NotFound */
  addressed(placement: Placement): Promise<Placement>
  intake: Pick<Intake, 'untrusted' | 'unreachable' | 'renew'>
  direct: Pick<Direct, 'place' | 'recall'>
  /** Longest wait for a way, in milliseconds. */
  waitMillis?: number
}

/** What can become of an order, in Redis or without it. */
export type Accepted = Exclude<Placed, { outcome: 'untrusted' | 'unsure' }>

const isRefused = ({ outcome }: Placed) => outcome === 'short' || outcome === 'over'

/** Takes an order whichever way orders are taken, and waits a little where that is about to change. */
export function createAccept({
  hold,
  addressed,
  intake,
  direct,
  waitMillis = WAIT_MILLIS,
}: AcceptDeps) {
  /**
   * Asks the database for what a key was used for. Where it does not answer the order is placed all the same:
   * if there was another attempt, it becomes another name of that one's order.
   */
  async function lookUp({ message, key, bodyHash }: Placement) {
    try {
      return { earlier: await direct.recall(message.data.userId, key, bodyHash) }
    } catch (error) {
      if (!isOutage(error)) throw error
      return { outage: error }
    }
  }

  /**
   * Every try has the same order id: what an earlier one did is found, or falls out.
   * @throws Unavailable where there was no way within the time
   */
  return async function accept(placement: Placement): Promise<Accepted> {
    const until = performance.now() + Math.min(waitMillis, millisLeft() - SPARE_MILLIS)
    let attempt = placement
    /** Why the database could not say what the key was used for. */
    let unasked: unknown
    let away: unknown = Unavailable.because('orders', new Error('no way to take one'))
    for (;;) {
      let next: Next
      try {
        const placed = await hold(attempt)
        if (placed.outcome === 'unsure') {
          const { earlier, outage } = await lookUp(placement)
          if (earlier !== undefined) return earlier
          unasked = outage
          attempt = { ...attempt, sure: true }
          continue
        }
        if (placed.outcome !== 'untrusted') {
          // What is missing may be what another attempt took.
          if (unasked !== undefined && isRefused(placed)) throw unasked
          if (placed.outcome === 'held' && placed.renew !== undefined) {
            alongside(intake.renew(placed.renew))
          }
          return placed
        }
        next = await intake.untrusted(placed)
      } catch (error) {
        if (!isOutage(error) || error === unasked) throw error
        away = error
        next = await intake.unreachable()
      }
      if (next.way === 'redis') {
        attempt = { ...attempt, grant: next.grant }
        continue
      }
      let millis = 0
      if (next.way === 'wait') millis = next.millis
      else {
        const taken = await direct.place(await addressed(placement))
        if (taken !== undefined) return taken
      }
      const pause = PAUSE_MILLIS + millis * (1 + Math.random() / 2)
      if (performance.now() + pause > until) throw away
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
}
