import type { Database } from '../../platform/database/database.ts'
import { log } from '../../platform/telemetry/log.ts'
import { outOfTime } from '../../platform/telemetry/scope.ts'
import type { Counters } from '../stock/counters.ts'
import { readAllStock, readStock } from '../stock/repository.ts'
import { createSettleDecided } from './decided.ts'
import type { Holds } from './holds.ts'
import { readClosedSince } from './repository.ts'
import { takenRows } from './taken.ts'

const BATCH = 100
const MINUTE_MILLIS = 60_000
/** Orders close within their time to be paid; a run that was missed is made up for by this much. */
const SPARE_MILLIS = 60 * MINUTE_MILLIS

export type ReconcileDeps = {
  database: Database
  holds: Pick<Holds, 'settle' | 'findMany'>
  counters: Pick<Counters, 'ordersHolding' | 'repair'>
  unpaidMinutes: number
}

/**
 * Brings Redis's side of stock up to the database's where a word of it got lost: after a commit and
 * before the end of the holds, a function can be cut off, and Redis be away. Until then counters show
 * too little, never too much. Safe to run twice at once.
 */
export function createStockReconcile(deps: ReconcileDeps) {
  const { database, holds, counters } = deps
  const settleDecided = createSettleDecided(deps)

  /** Orders that were closed lately are so in Redis, too: their units and what their buyers may have. */
  async function settleClosed(): Promise<void> {
    const since = new Date(Date.now() - deps.unpaidMinutes * MINUTE_MILLIS - SPARE_MILLIS)
    let after: string | undefined
    while (!outOfTime()) {
      const closed = await readClosedSince(database, since, after, BATCH)
      if (closed.length > 0) {
        const settled = closed.map((order) => ({ order, released: true }))
        await holds.settle(settled, await takenRows(database, closed))
      }
      if (closed.length < BATCH) return
      after = closed.at(-1)?.orderId
    }
  }

  return {
    /** One run over all SKUs. @returns how many counters had to be put right */
    async run(): Promise<{ skus: number; repaired: number }> {
      await settleClosed()
      const tally = { skus: 0, repaired: 0 }
      let after = '0'
      while (!outOfTime()) {
        const skuIds = (await readAllStock(database, after, BATCH)).map(({ skuId }) => skuId)
        if (skuIds.length === 0) return tally
        for await (const orderIds of counters.ordersHolding(skuIds)) {
          await settleDecided(await holds.findMany(orderIds))
        }
        // Read after the holds were ended: what has changed meanwhile is newer, and left alone.
        const repaired = await counters.repair(await readStock(database, skuIds))
        for (const skuId of repaired) log.warn('stock counter repaired', { skuId })
        tally.skus += skuIds.length
        tally.repaired += repaired.length
        after = skuIds.at(-1) ?? after
      }
      return tally
    },
  }
}

export type StockReconcile = ReturnType<typeof createStockReconcile>
