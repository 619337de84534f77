import type { Database, Queryable } from '../../platform/database/database.ts'
import { NotFound } from '../../platform/errors/standard.ts'
import { lockClaims, returnClaim, returnUse } from '../coupons/repository.ts'
import { addStock, lockStock, writeLedger } from '../stock/repository.ts'
import { WrongState } from './errors.ts'
import type { Holds } from './holds.ts'
import type { Actor } from './machine.ts'
import type { LockedOrder } from './repository.ts'
import { lockOrder, readOrder } from './repository.ts'
import type { TakeStep } from './steps.ts'
import { claimsOf, skusOf, takenRows } from './taken.ts'

export type CloseDeps = { database: Database; holds: Pick<Holds, 'settle'>; take: TakeStep }

export type Closing = {
  actor: Actor
  /** Kept with the order: why it was closed. */
  reason: string
  /** Runs with the order's row locked, before the step; throws to leave the order alone. */
  before?(tx: Queryable, order: LockedOrder): Promise<void>
}

/**
 * Closes an unpaid order and gives its stock back through the ledger, and its coupon. The compare-and-set makes one
 * caller of many the one that does it. That nobody can pay it any more is the caller's to see to.
 * @throws NotFound, WrongState where it is not unpaid (any more): then nothing was changed; and where
 *   the database or Redis fails: calling again is safe
 */
export function createClose({ database, holds, take }: CloseDeps) {
  return async function close(orderId: string, { actor, reason, before }: Closing): Promise<void> {
    const closed = await database.transaction(async (tx) => {
      const order = await readOrder(tx, orderId)
      if (order === undefined) throw new NotFound()
      // SKUs and claims before the order, as the stock job does, so that the two can't deadlock.
      await lockStock(tx, skusOf([order]))
      await lockClaims(tx, claimsOf([order]))
      const locked = await lockOrder(tx, orderId)
      if (locked === undefined) throw new NotFound()
      // Closed before, and perhaps Redis has not heard of it.
      if (locked.state === 'cancelled') return { order, rows: await takenRows(tx, [order]) }
      await before?.(tx, locked)
      await take(tx, 'cancel', locked, actor, { reason })
      for (const { skuId, quantity } of order.items) await addStock(tx, skuId, quantity)
      await writeLedger(
        tx,
        order.items.map(({ skuId, quantity }) => ({
          skuId,
          kind: 'release',
          delta: quantity,
          orderId,
        })),
      )
      const use = await returnUse(tx, orderId)
      if (use !== undefined) await returnClaim(tx, use.userId, use.couponId)
      return { order, rows: await takenRows(tx, [order]), now: true }
    })
    await holds.settle([{ order: closed.order, released: true }], closed.rows)
    if (closed.now !== true) throw new WrongState({ status: 'cancelled' })
  }
}

export type Close = ReturnType<typeof createClose>
