import type * as z from 'zod/mini'
import type { Database } from '../../platform/database/database.ts'
import { NotFound } from '../../platform/errors/standard.ts'
import type { Counters } from './counters.ts'
import { OutOfStock } from './errors.ts'
import {
  addStock,
  persistedAmong,
  readStock,
  readSums,
  takeStock,
  writeLedger,
} from './repository.ts'
import type { StockChange, StockView } from './schemas.ts'

type Change = z.output<typeof StockChange>
type View = z.output<typeof StockView>

/** Stock as admins see and change it, and the counters that the order path takes from. */
export function createStock({ database, counters }: { database: Database; counters: Counters }) {
  async function view(skuId: string): Promise<View> {
    // Holds first: what is persisted by the time of the snapshot is then known to be.
    const holds = await counters.holdsOn(skuId)
    return database.transaction(async (tx) => {
      const sums = await readSums(tx, skuId)
      if (sums === undefined) throw new NotFound()
      const persisted = await persistedAmong(tx, skuId, [...holds.keys()])
      let pending = 0
      for (const [orderId, units] of holds) if (!persisted.has(orderId)) pending += units
      return {
        skuId,
        received: sums.received,
        sold: sums.sold,
        held: sums.unpaid + pending,
        available: sums.stock - pending,
      }
    })
  }

  return {
    view,

    /**
     * Books units received or corrected.
     * @throws NotFound, OutOfStock where fewer are available than are to be taken away
     */
    async change(skuId: string, { delta, reason }: Change, actorId: string): Promise<View> {
      if (delta < 0 && (await view(skuId)).available < -delta) throw new OutOfStock([{ skuId }])
      const rows = await database.transaction(async (tx) => {
        if (delta > 0) {
          if (!(await addStock(tx, skuId, delta))) throw new NotFound()
        } else if (!(await takeStock(tx, skuId, -delta))) {
          throw new OutOfStock([{ skuId }])
        }
        const kind = delta > 0 ? 'receive' : 'correct'
        await writeLedger(tx, [{ skuId, kind, delta, reason, actorId }])
        return readStock(tx, [skuId])
      })
      await counters.mirror(rows)
      return view(skuId)
    },

    /** Fills counters that Redis does not have from the database. */
    async load(skuIds: readonly string[]): Promise<void> {
      await counters.mirror(await readStock(database, skuIds))
    },
  }
}

export type Stock = ReturnType<typeof createStock>
