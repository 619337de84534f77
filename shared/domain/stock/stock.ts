import type * as z from 'zod/mini'
import type { Database, Queryable } from '../../platform/database/database.ts'
import { isOutage } from '../../platform/errors/api-error.ts'
import { NotFound } from '../../platform/errors/standard.ts'
import { effect } from '../../platform/idempotency/effect.ts'
import type { Counters, StockRow } from './counters.ts'
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

  /**
   * Fills counters that Redis does not have from the database, and brings the others up to it.
   * @param epoch of Redis, as it was told before: in it they count
   */
  async function load(skuIds: readonly string[], epoch?: string): Promise<void> {
    await counters.mirror(await readStock(database, skuIds), epoch)
  }

  /** @returns the row as the change left it */
  async function book(
    tx: Queryable,
    skuId: string,
    { delta, reason }: Change,
    actorId: string,
  ): Promise<StockRow> {
    if (delta > 0) {
      if (!(await addStock(tx, new Map([[skuId, delta]])))) throw new NotFound()
    } else if (!(await takeStock(tx, new Map([[skuId, -delta]])))) {
      throw new OutOfStock([{ skuId }])
    }
    const kind = delta > 0 ? 'receive' : 'correct'
    await writeLedger(tx, [{ skuId, kind, delta, reason, actorId }])
    const [row] = await readStock(tx, [skuId])
    if (row === undefined) throw new NotFound()
    return row
  }

  /** Takes units away as an order does: held in Redis first, so that no order is promised them. */
  async function takeAway(skuId: string, change: Change, actorId: string): Promise<void> {
    let held: string | undefined
    const prepare = async () => {
      await load([skuId])
      const hold = await counters.reserve(skuId, -change.delta)
      if (hold === 'unknown') throw new NotFound()
      if (hold === 'short') throw new OutOfStock([{ skuId }])
      held = hold
    }
    try {
      const row = await effect(database, (tx) => book(tx, skuId, change, actorId), { prepare })
      // Booked by an earlier attempt at this request: its hold the reconciler ends.
      if (held === undefined) await counters.mirror([row])
      else await counters.release(skuId, held, row)
    } catch (error) {
      // After an outage it may have been booked: the hold then stays, until the next correction or the
      // reconciler ends it.
      if (held !== undefined && !isOutage(error)) await counters.release(skuId, held)
      throw error
    }
  }

  async function add(skuId: string, change: Change, actorId: string): Promise<void> {
    await counters.mirror([await effect(database, (tx) => book(tx, skuId, change, actorId))])
  }

  return {
    view,

    load,

    /**
     * Books units received or corrected.
     * @throws NotFound, OutOfStock where fewer are free than are to be taken away
     */
    async change(skuId: string, change: Change, actorId: string): Promise<View> {
      await (change.delta > 0 ? add : takeAway)(skuId, change, actorId)
      return view(skuId)
    },
  }
}

export type Stock = ReturnType<typeof createStock>
