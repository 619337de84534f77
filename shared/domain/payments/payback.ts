import type { Database, Queryable } from '../../platform/database/database.ts'
import type { Outbox } from '../../platform/outbox/outbox.ts'
import { log } from '../../platform/telemetry/log.ts'
import {
  type Refund as Report,
  type WechatPay,
  WechatPayError,
} from '../../platform/wechat/pay/index.ts'
import type { TakenRows } from '../orders/holds.ts'
import { WECHAT } from '../orders/machine.ts'
import { lockOrder, readOrder } from '../orders/repository.ts'
import type { TakeStep } from '../orders/steps.ts'
import { takenRows } from '../orders/taken.ts'
import { addStock, unitsOf, writeLedger } from '../stock/repository.ts'
import { printable, report } from './incidents.ts'
import {
  moveRefund,
  type Refund,
  type RefundState,
  readRefund,
  readRefundByNo,
} from './refund-repository.ts'

const OPEN: readonly RefundState[] = ['granted', 'processing', 'abnormal']

export type PaybackDeps = {
  database: Database
  outbox: Pick<Outbox, 'deliver'>
  wechat: Pick<WechatPay, 'refund' | 'queryRefund'>
  take: TakeStep
  /** Brings the counters of stock up to rows that a refund has put back. */
  mirror(rows: TakenRows): Promise<void>
}

/** Granted refunds on their way to WeChat and back. Every step may be taken again. */
export function createPayback({ database, outbox, wechat, take, mirror }: PaybackDeps) {
  async function send(refund: Refund): Promise<void> {
    const { orderId, refundNo, amountFen } = refund
    const said = await wechat.refund({
      outTradeNo: orderId,
      outRefundNo: refundNo,
      refundFen: amountFen,
      totalFen: amountFen,
      reason: refund.reason ?? '',
    })
    await apply(said)
  }

  /** WeChat has it no more: the order is refunded, the goods may be back on sale, the buyer is told. */
  async function succeed(refund: Refund): Promise<boolean> {
    const { orderId, refundNo } = refund
    const order = await readOrder(database, orderId)
    if (order === undefined) throw new Error(`the order of refund ${refundNo} is gone`)
    const done = await database.transaction(async (tx) => {
      const locked = await lockOrder(tx, orderId)
      const first = await moveRefund(tx, refundNo, OPEN, 'succeeded')
      if (!first || locked === undefined) return undefined
      if (refund.cause === 'late') return { news: [] }
      const { news } = await take(tx, 'refund', locked, WECHAT, { reason: refund.reason })
      // The SKUs last, as everywhere but in the stock job, which waits for no order that is there.
      if (refund.restock) await restock(tx, order)
      return { news }
    })
    if (done !== undefined) {
      log.info('refunded', { orderId, amountFen: refund.amountFen, cause: refund.cause })
      await outbox.deliver(done.news)
    }
    // Also where it was noted before: perhaps Redis has not heard of it.
    if (refund.restock) await mirror(await takenRows(database, [order]))
    return done !== undefined
  }

  async function fail(refund: Refund, to: 'closed' | 'abnormal'): Promise<boolean> {
    const from: RefundState[] = to === 'closed' ? [...OPEN] : ['granted', 'processing']
    if (!(await moveRefund(database, refund.refundNo, from, to))) return false
    const detail =
      to === 'closed'
        ? 'WeChat has closed the refund: grant it again'
        : 'the bank does not take it: settle it in the console of WeChat Pay'
    await report(database, { kind: `refund-${to}`, orderId: refund.refundNo, detail })
    return true
  }

  /**
   * Notes what WeChat says of a refund, in a verified notice or answer. Once, whatever comes how often.
   * @returns whether anything changed
   * @throws where the database fails: calling again is safe
   */
  async function apply(said: Report): Promise<boolean> {
    const { outRefundNo: number } = said
    const refund = printable(number) === number ? await readRefundByNo(database, number) : undefined
    const fits = refund?.orderId === said.outTradeNo && refund.amountFen === said.refundFen
    if (refund === undefined || !fits) {
      const detail = `${said.refundFen} fen for ${said.outTradeNo} are not what was granted`
      await report(database, { kind: 'refund-unknown', orderId: said.outRefundNo, detail })
      return false
    }
    switch (said.state) {
      case 'SUCCESS':
        return succeed(refund)
      case 'PROCESSING':
        return moveRefund(database, refund.refundNo, ['granted'], 'processing')
      case 'CLOSED':
        return fail(refund, 'closed')
      case 'ABNORMAL':
        return fail(refund, 'abnormal')
    }
  }

  /** Sends what is granted and asks about what is on its way. @throws Unavailable */
  async function chase(orderId: string): Promise<void> {
    const refund = await readRefund(database, orderId)
    if (refund === undefined || !OPEN.includes(refund.state)) return
    if (refund.state === 'granted') return send(refund)
    const said = await wechat.queryRefund(refund.refundNo)
    if (said !== undefined) await apply(said)
  }

  return {
    apply,

    /** Like a job: what does not work now the minute's run does. Never throws. */
    async push(orderId: string): Promise<void> {
      try {
        await chase(orderId)
      } catch (error) {
        if (error instanceof WechatPayError && !error.retryable) {
          const detail = `WeChat Pay refuses the refund: ${error.code}`
          await report(database, { kind: 'refund-refused', orderId, detail }).catch(() => false)
        }
        log.warn('a refund has to wait', { orderId, error: (error as Error).name })
      }
    },
  }
}

export type Payback = ReturnType<typeof createPayback>

/** Puts an order's units back on sale; the ledger lets that happen once. */
async function restock(
  tx: Queryable,
  { orderId, items }: { orderId: string; items: readonly { skuId: string; quantity: number }[] },
): Promise<void> {
  await writeLedger(
    tx,
    items.map(({ skuId, quantity }) => ({ skuId, kind: 'restock', delta: quantity, orderId })),
  )
  await addStock(tx, unitsOf(items))
}
