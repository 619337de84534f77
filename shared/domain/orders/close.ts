import type { Database, Queryable } from '../../platform/database/database.ts'
import { NotFound } from '../../platform/errors/standard.ts'
import { effect } from '../../platform/idempotency/effect.ts'
import { returnClaim, returnUse } from '../coupons/repository.ts'
import { addStock, unitsOf, writeLedger } from '../stock/repository.ts'
import { WrongState } from './errors.ts'
import type { Holds } from './holds.ts'
import type { Actor } from './machine.ts'
import type { LockedOrder } from './repository.ts'
import { lockOrder, readOrder } from './repository.ts'
import { settleLater } from './settle-later.ts'
import type { TakeStep } from './steps.ts'
import { takenRows } from './taken.ts'

export type CloseDeps = { database: Database; holds: Pick<Holds, 'settle'>; take: TakeStep }

export type Closing = {
  actor: Actor
  /** Kept with the order: why it was closed. */
  reason: string
  /** Runs with the order's row locked, before the step; throws to leave the order alone. */
  before?(tx: Queryable, order: LockedOrder): Promise<void>
}

/**
 * Closes an unpaid order and gives its stock back through the ledger, and its coupon. The
 * compare-and-set makes one caller of many the one that does it. That nobody can pay it any more is
 * the caller's to see to.
 * @throws NotFound, WrongState where it is not unpaid (any more): then nothing was changed; and where
 *   the database fails: calling again is safe
 */
export function createClose({ database, holds, take }: CloseDeps) {
  return async function close(orderId: string, { actor, reason, before }: Closing): Promise<void> {
    const order = await readOrder(database, orderId)
    if (order === undefined) throw new NotFound()
    const { items } = order
    const closed = await effect(database, async (tx) => {
      const locked = await lockOrder(tx, orderId)
      if (locked === undefined) throw new NotFound()
      // Closed before, and perhaps Redis has not heard of it.
      if (locked.state === 'cancelled') return false
      await before?.(tx, locked)
      await take(tx, 'cancel', locked, actor, { reason })
      await writeLedger(
        tx,
        items.map(({ skuId, quantity }) => ({ skuId, kind: 'release', delta: quantity, orderId })),
      )
      const use = await returnUse(tx, orderId)
      // Many wait for the row of a SKU that sells well: it is locked last. docs/decisions/0023-hot-skus.md
      await addStock(tx, unitsOf(items))
      if (use !== undefined) await returnClaim(tx, use.userId, use.couponId)
      return true
    })
    // Read without the lock: rows that are newer than the commit include it too.
    const rows = await takenRows(database, [order])
    await settleLater(() => holds.settle([{ order, released: true }], rows))
    if (!closed) throw new WrongState({ status: 'cancelled' })
  }
}

export type Close = ReturnType<typeof createClose>
