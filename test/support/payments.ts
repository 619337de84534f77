import { randomUUID } from 'node:crypto'
import { createClose } from '../../shared/domain/orders/close.ts'
import { createFulfilment } from '../../shared/domain/orders/fulfilment.ts'
import { createHolds } from '../../shared/domain/orders/holds.ts'
import { createPersist } from '../../shared/domain/orders/persist.ts'
import { readOrder } from '../../shared/domain/orders/repository.ts'
import { createSteps } from '../../shared/domain/orders/steps.ts'
import { createCheckout } from '../../shared/domain/payments/checkout.ts'
import { createClosing } from '../../shared/domain/payments/closing.ts'
import { createNotices } from '../../shared/domain/payments/notices.ts'
import { createPayback } from '../../shared/domain/payments/payback.ts'
import { createReconcile } from '../../shared/domain/payments/reconcile.ts'
import { createRefunds } from '../../shared/domain/payments/refunds.ts'
import { createSettle } from '../../shared/domain/payments/settle.ts'
import { createWatch } from '../../shared/domain/payments/watch.ts'
import { createCounters } from '../../shared/domain/stock/counters.ts'
import { createStock } from '../../shared/domain/stock/stock.ts'
import { createDatabase } from '../../shared/platform/database/database.ts'
import { readsAt } from '../../shared/platform/database/reading.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { createOutbox } from '../../shared/platform/outbox/outbox.ts'
import type { Outgoing } from '../../shared/platform/queue/queue.ts'
import { RedisClient } from '../../shared/platform/redis/client.ts'
import {
  type BillRow,
  type Closing,
  createWechatPay,
  type Refund,
  type Transaction,
  WechatPayError,
} from '../../shared/platform/wechat/pay/index.ts'
import { insertSku } from './order-path.ts'
import { orderOf } from './orders.ts'
import { configOf, notice, paid, refunded, signed } from './wechat-pay.ts'

type Known = { amountFen: number; state: 'NOTPAY' | 'CLOSED' | 'SUCCESS'; transactionId: string }

/** WeChat Pay as a model in memory: what it knows, and what it signs. Nothing arrives by itself. */
export class ModelWechat {
  readonly orders = new Map<string, Known>()
  readonly refunds = new Map<string, Refund>()
  readonly real = createWechatPay(configOf({ url: 'http://127.0.0.1:9' }))
  bill: BillRow[] = []

  prepay = async ({ outTradeNo, amountFen }: { outTradeNo: string; amountFen: number }) => {
    const known = this.orders.get(outTradeNo)
    if (known?.state === 'SUCCESS') throw new WechatPayError('ORDERPAID', 400, 'prepay')
    if (known?.state === 'CLOSED') throw new WechatPayError('ORDER_CLOSED', 400, 'prepay')
    const transactionId = `42${randomUUID().replaceAll('-', '').slice(0, 26)}`
    if (!known) this.orders.set(outTradeNo, { amountFen, state: 'NOTPAY', transactionId })
    return `wx${outTradeNo}`
  }
  requestPayment = (prepayId: string) => this.real.requestPayment(prepayId)
  query = async (outTradeNo: string): Promise<Transaction | undefined> => {
    const known = this.orders.get(outTradeNo)
    if (known === undefined) return undefined
    const { state, transactionId, amountFen } = known
    return state === 'SUCCESS'
      ? { outTradeNo, state, transactionId, amountFen, paidAt: new Date().toISOString() }
      : { outTradeNo, state }
  }
  close = async (outTradeNo: string): Promise<Closing> => {
    const known = this.orders.get(outTradeNo)
    if (known === undefined) return 'unknown'
    if (known.state === 'SUCCESS') return 'paid'
    known.state = 'CLOSED'
    return 'closed'
  }
  refund = async (asked: { outTradeNo: string; outRefundNo: string; refundFen: number }) => {
    const { outTradeNo, outRefundNo, refundFen } = asked
    const earlier = this.refunds.get(outRefundNo)
    if (earlier !== undefined) return earlier
    const order = this.orders.get(outTradeNo)
    if (order?.state !== 'SUCCESS') throw new WechatPayError('RESOURCE_NOT_EXISTS', 404, 'refund')
    if (this.refundedFen(outTradeNo) + refundFen > order.amountFen) {
      throw new WechatPayError('INVALID_REQUEST', 400, 'refund')
    }
    const refund: Refund = {
      outTradeNo,
      outRefundNo,
      refundFen,
      refundId: `50${randomUUID()}`,
      state: 'PROCESSING',
    }
    this.refunds.set(outRefundNo, refund)
    return { ...refund }
  }
  queryRefund = async (outRefundNo: string) => this.refunds.get(outRefundNo)
  tradeBill = async () => this.bill
  readPaymentNotice: typeof this.real.readPaymentNotice = (...all) =>
    this.real.readPaymentNotice(...all)
  readRefundNotice: typeof this.real.readRefundNotice = (...all) =>
    this.real.readRefundNotice(...all)

  /** The payer pays, where WeChat still lets them. */
  payerPays(outTradeNo: string): boolean {
    const known = this.orders.get(outTradeNo)
    if (known?.state !== 'NOTPAY') return false
    known.state = 'SUCCESS'
    return true
  }
  finishRefunds(outTradeNo: string): void {
    for (const refund of this.refunds.values()) {
      if (refund.outTradeNo === outTradeNo && refund.state === 'PROCESSING')
        refund.state = 'SUCCESS'
    }
  }
  refundedFen(outTradeNo: string): number {
    return [...this.refunds.values()]
      .filter((refund) => refund.outTradeNo === outTradeNo && refund.state !== 'CLOSED')
      .reduce((sum, { refundFen }) => sum + refundFen, 0)
  }
  /** What the shop has of an order's money. */
  netFen(outTradeNo: string): number {
    const known = this.orders.get(outTradeNo)
    return known?.state === 'SUCCESS' ? known.amountFen - this.refundedFen(outTradeNo) : 0
  }

  /** The signed notice of a payment, or nothing where it was not paid. */
  paymentNotice(outTradeNo: string, over: object = {}) {
    const known = this.orders.get(outTradeNo)
    if (known?.state !== 'SUCCESS') return undefined
    const body = notice({
      ...paid,
      out_trade_no: outTradeNo,
      transaction_id: known.transactionId,
      amount: { ...paid.amount, total: known.amountFen },
      ...over,
    })
    return { headers: signed(body), body: Buffer.from(body) }
  }
  /** The signed notices of the refunds that have come to their end. */
  refundNotices(outTradeNo: string) {
    return [...this.refunds.values()]
      .filter((refund) => refund.outTradeNo === outTradeNo && refund.state === 'SUCCESS')
      .map((refund) => {
        const resource = {
          ...refunded,
          out_trade_no: outTradeNo,
          out_refund_no: refund.outRefundNo,
          amount: { ...refunded.amount, refund: refund.refundFen },
        }
        const body = notice(resource, 'REFUND.SUCCESS', 'refund')
        return { headers: signed(body), body: Buffer.from(body) }
      })
  }
}

/** The shop's side of payments over the real database and Redis, with a model of WeChat. */
export function startShop(endpoints: {
  databaseUrl?: string
  redisRest?: string
  redisRestToken?: string
}) {
  const { databaseUrl = '', redisRest = '', redisRestToken = '' } = endpoints
  const database = createDatabase(databaseUrl)
  const redis = new RedisClient({ url: redisRest, token: redisRestToken })
  const holds = createHolds(redis, 30)
  const stock = createStock({ database, counters: createCounters(redis) })
  const sent: Outgoing[] = []
  const outbox = createOutbox(database, {
    async send(_, messages) {
      sent.push(...messages)
      return { failed: [] }
    },
  })
  const take = createSteps(outbox)
  const base = { database, outbox, take }
  const wechat = new ModelWechat()
  const mirror = (rows: Parameters<typeof holds.settle>[1]) => holds.settle([], rows)
  const payback = createPayback({ ...base, wechat, mirror })
  const settle = createSettle({ ...base, pushRefund: payback.push })
  const watch = createWatch({ database, wechat, settle, push: payback.push })
  const persist = createPersist({ database, holds, outbox })
  const closeOrder = createClose({ database, holds, take })
  const read = async (userId: string, orderId: string) => {
    const order = await readOrder(database, orderId)
    if (order?.userId !== userId) throw new NotFound()
    return order
  }
  return {
    ...base,
    wechat,
    payback,
    settle,
    watch,
    sent,
    stock,
    checkout: createCheckout({
      database,
      wechat,
      order: read,
      openid: async () => 'o-payer',
      check: watch.check,
    }),
    close: createClosing({ database, wechat, close: closeOrder, check: watch.check }),
    refunds: createRefunds({ database, take, push: payback.push }),
    fulfilment: createFulfilment({ ...base, reads: readsAt(database), confirmDays: 10 }),
    notices: createNotices({ wechat, settle, apply: payback.apply }),
    reconcile: createReconcile({ database, wechat, check: watch.check }),

    newSku: (units: number) => insertSku(database, units),
    /** An order that the stock job has written. */
    async newOrder(skuId: string, units: number) {
      const order = orderOf({ [skuId]: units })
      await persist([order])
      return order
    },
    status: async (orderId: string) => (await readOrder(database, orderId))?.status,
  }
}

export type Shop = ReturnType<typeof startShop>
