import type { Database } from '../../platform/database/database.ts'
import { addStock, lockStock, readStock, writeLedger } from '../stock/repository.ts'
import type { Holds } from './holds.ts'
import type { AcceptedOrder } from './order.ts'
import { moveState, readOrder } from './repository.ts'

export type CloseDeps = { database: Database; holds: Pick<Holds, 'settle'> }

/**
 * Closes an unpaid order and gives its stock back through the ledger. The compare-and-set makes one
 * caller of many the one that does it.
 * @param reason kept with the order: why it was closed
 * @returns false where the order is not unpaid (any more): then nothing was changed
 * @throws where the database or Redis fails; calling again is safe
 */
export function createClose({ database, holds }: CloseDeps) {
  return async function close(orderId: string, reason: string): Promise<boolean> {
    const closed = await database.transaction(async (tx) => {
      const stored = await readOrder(tx, orderId)
      if (stored === undefined) return undefined
      const { items } = stored.view
      const skuIds = items.map(({ skuId }) => skuId)
      // SKUs before the order, as the stock job does, so that the two can't deadlock.
      await lockStock(tx, skuIds)
      if (!(await moveState(tx, orderId, 'unpaid', 'cancelled', reason))) return undefined
      for (const { skuId, quantity } of items) await addStock(tx, skuId, quantity)
      await writeLedger(
        tx,
        items.map(({ skuId, quantity }) => ({ skuId, kind: 'release', delta: quantity, orderId })),
      )
      return { stored, rows: await readStock(tx, skuIds) }
    })
    if (closed === undefined) return false
    const { status: _, reason: __, ...view } = closed.stored.view
    const order: AcceptedOrder = { ...view, userId: closed.stored.userId }
    await holds.settle([{ order, released: true }], closed.rows)
    return true
  }
}
