import type { Queryable } from '../../platform/database/database.ts'
import type { HeldOrder, Holds } from './holds.ts'
import { readStates } from './repository.ts'
import { takenRows } from './taken.ts'

export type DecidedDeps = { database: Queryable; holds: Pick<Holds, 'settle'> }

/**
 * Ends the holds of orders on which the database has decided, where Redis has not heard of it: between
 * the commit and the end of a hold, counters show too little. Safe to run at any time.
 */
export function createSettleDecided({ database, holds }: DecidedDeps) {
  /** @returns how many were decided, and are ended now */
  return async function settleDecided(held: readonly HeldOrder[]): Promise<number> {
    if (held.length === 0) return 0
    const states = await readStates(
      database,
      held.map(({ orderId }) => orderId),
    )
    const decided = held.flatMap((order) => {
      const state = states.get(order.orderId)
      if (state === undefined) return []
      return { order, released: state === 'failed' || state === 'cancelled' }
    })
    if (decided.length === 0) return 0
    // Read after the states, so that the rows include what was decided.
    const rows = await takenRows(
      database,
      decided.map(({ order }) => order),
    )
    await holds.settle(decided, rows)
    return decided.length
  }
}

/** How many holds are looked at together. */
const BATCH = 200

export type UnsettledDeps = DecidedDeps & {
  holds: Pick<Holds, 'settle' | 'unsettled' | 'findMany'>
}

/**
 * The same for all holds there are: for when Redis has been away, and has missed many words. What there is
 * no time for the relay does, whose messages come to the stock job once more.
 */
export function createSettleUnsettled(deps: UnsettledDeps) {
  const settleDecided = createSettleDecided(deps)
  return async function settleUnsettled(outOfTime: () => boolean): Promise<void> {
    const orderIds = await deps.holds.unsettled()
    for (let at = 0; at < orderIds.length && !outOfTime(); at += BATCH) {
      await settleDecided(await deps.holds.findMany(orderIds.slice(at, at + BATCH)))
    }
  }
}
