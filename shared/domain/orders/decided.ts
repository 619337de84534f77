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
