import type { Database, Queryable } from '../../platform/database/database.ts'
import type { WechatPay } from '../../platform/wechat/pay/index.ts'
import type { Close, Closing } from '../orders/close.ts'
import { WrongState } from '../orders/errors.ts'
import { orUnavailable, PaymentMismatch } from './errors.ts'
import { readPrepay } from './repository.ts'

/** A payment began while the order was being closed: begin again, with WeChat. */
class PaymentBegan extends Error {}

export type ClosingDeps = {
  database: Database
  wechat: Pick<WechatPay, 'close'>
  /** Closes the order here and gives its stock back. */
  close: Close
  /** Asks WeChat whether the order was paid, and counts it. */
  check(orderId: string): Promise<void>
}

/**
 * Closes an unpaid order so that nobody can pay it any more: first at WeChat, then here. Where the
 * money came first, it is counted instead.
 */
export function createClosing({ database, wechat, close, check }: ClosingDeps): Close {
  async function closeAtWechat(orderId: string): Promise<boolean> {
    if ((await readPrepay(database, orderId)) === undefined) return false
    if ((await orUnavailable(wechat.close(orderId))) === 'paid') {
      await check(orderId).catch((error: unknown) => {
        // Paid in a way that does not fit: a person has been told, and nobody can close it.
        if (!(error instanceof PaymentMismatch)) throw error
      })
      throw new WrongState({ status: 'paid' })
    }
    return true
  }

  return async function closePayable(orderId, how): Promise<void> {
    const closedThere = await closeAtWechat(orderId)
    const before = async (tx: Queryable) => {
      // The order's row is locked, and a payment begins only under that lock.
      if (!closedThere && (await readPrepay(tx, orderId)) !== undefined) throw new PaymentBegan()
    }
    try {
      await close(orderId, { ...how, before } satisfies Closing)
    } catch (error) {
      if (!(error instanceof PaymentBegan)) throw error
      await closeAtWechat(orderId)
      await close(orderId, how)
    }
  }
}
