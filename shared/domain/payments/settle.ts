import type { Database, Queryable } from '../../platform/database/database.ts'
import { Ulid } from '../../platform/http/fields.ts'
import type { Outbox, OutboxRow } from '../../platform/outbox/outbox.ts'
import { log } from '../../platform/telemetry/log.ts'
import type { Transaction } from '../../platform/wechat/pay/index.ts'
import { WECHAT } from '../orders/machine.ts'
import { type LockedOrder, lockOrder } from '../orders/repository.ts'
import type { TakeStep } from '../orders/steps.ts'
import { PaymentMismatch } from './errors.ts'
import { report } from './incidents.ts'
import { putRefund } from './refund-repository.ts'
import { addPayment, addSales, readPayment, settlePrepay } from './repository.ts'

export type SettleDeps = {
  database: Database
  outbox: Pick<Outbox, 'deliver'>
  take: TakeStep
  /** Tells WeChat to pay an order's granted refund back; never throws. */
  pushRefund(orderId: string): Promise<void>
}

/** `applied`: the order is paid by this; `known`: it was counted before; `late`: it goes back. */
export type Settlement = 'applied' | 'known' | 'late'

type Money = { orderId: string; transactionId: string; amountFen: number; paidAt: Date }

/**
 * Counts a payment: once per order, whatever comes how often, at once and in which order. Money for an
 * order that was closed meanwhile is refunded by itself and reported; the stock stays as it is.
 */
export function createSettle({ database, outbox, take, pushRefund }: SettleDeps) {
  /**
   * @param transaction as WeChat reports it, in a verified notice or answer; only a SUCCESS counts
   * @throws PaymentMismatch where there is no such order or it costs something else: nothing is
   *   counted, a person is told; and where the database fails: calling again is safe
   */
  return async function settle(transaction: Transaction): Promise<Settlement> {
    const { outTradeNo: orderId } = transaction
    let found: Counted
    try {
      const money = moneyOf(transaction)
      found = await database.transaction((tx) => count(tx, money, take))
    } catch (error) {
      // Outside of the transaction, which has been rolled back.
      if (error instanceof PaymentMismatch) await report(database, { orderId, ...error.incident })
      throw error
    }
    await outbox.deliver(found.news)
    if (found.settlement === 'late') {
      const detail = `${transaction.amountFen} fen came for a closed order; they are being refunded`
      await report(database, { kind: 'late-money', orderId, detail })
      await pushRefund(orderId)
    }
    if (found.settlement === 'applied') {
      log.info('order paid', { orderId, amountFen: transaction.amountFen })
    }
    return found.settlement
  }
}

export type Settle = ReturnType<typeof createSettle>

const TRANSACTION_ID = /^[\x21-\x7e]{1,32}$/

/** @throws PaymentMismatch where it says less than a payment must */
function moneyOf({ outTradeNo, transactionId = '', amountFen, paidAt }: Transaction): Money {
  if (!TRANSACTION_ID.test(transactionId) || amountFen === undefined) {
    throw new PaymentMismatch('unknown-order', 'a payment without a transaction or an amount')
  }
  if (!Ulid.safeParse(outTradeNo).success) {
    throw new PaymentMismatch('unknown-order', `${amountFen} fen for what is no order of this shop`)
  }
  const at = paidAt === undefined ? new Date() : new Date(paidAt)
  return { orderId: outTradeNo, transactionId, amountFen, paidAt: at }
}

type Counted = { settlement: Settlement; news: OutboxRow[] }

async function count(tx: Queryable, money: Money, take: TakeStep): Promise<Counted> {
  const { orderId, transactionId, amountFen, paidAt } = money
  const order = await lockOrder(tx, orderId)
  if (order === undefined) {
    throw new PaymentMismatch('unknown-order', `${amountFen} fen for an order that is not here`)
  }
  const earlier = await readPayment(tx, orderId)
  if (earlier !== undefined) {
    if (earlier.transactionId === transactionId) return { settlement: 'known', news: [] }
    throw new PaymentMismatch('second-transaction', `also paid by transaction ${transactionId}`)
  }
  if (amountFen !== order.totalFen) {
    throw new PaymentMismatch('wrong-amount', `${amountFen} fen instead of ${order.totalFen}`)
  }
  const late = order.state !== 'unpaid'
  await addPayment(tx, orderId, { transactionId, amountFen, late, paidAt })
  await settlePrepay(tx, orderId)
  if (late) {
    await giveBack(tx, order)
    return { settlement: 'late', news: [] }
  }
  await addSales(tx, orderId)
  const { news } = await take(tx, 'pay', order, WECHAT, { paidAt })
  return { settlement: 'applied', news }
}

async function giveBack(tx: Queryable, { orderId, totalFen, state }: LockedOrder): Promise<void> {
  await putRefund(tx, {
    orderId,
    refundNo: orderId,
    cause: 'late',
    state: 'granted',
    amountFen: totalFen,
    cameFrom: state,
    restock: false,
    reason: '订单已关闭，款项原路退回',
    attempt: 1,
    checkAt: new Date(),
  })
}
