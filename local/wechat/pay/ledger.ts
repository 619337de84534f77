import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { PayError } from './errors.ts'
import { Journal } from './journal.ts'
import { beijing, beijingDay } from './times.ts'

const MINUTE = 60_000
const DAY = 1440 * MINUTE
const PREPAY_MILLIS = 120 * MINUTE
const MAX_REFUNDS = 50

/** What the shop orders at WeChat Pay; amounts in fen, times in milliseconds. */
export type Prepay = {
  outTradeNo: string
  description: string
  attach?: string | undefined
  notifyUrl: string
  openid: string
  totalFen: number
  /** The shop's own end of payment. */
  expiresAt?: number | undefined
  /** Everything that a repetition must say again. */
  fingerprint: string
}
export type Order = Omit<Prepay, 'expiresAt'> & {
  createdAt: number
  expiresAt: number
  prepayId: string
  prepayUntil: number
  closed?: true
  paid?: { transactionId: string; at: number; noticeId: string }
}
export type RefundRequest = {
  outRefundNo: string
  /** One of the two names the order. */
  outTradeNo?: string | undefined
  transactionId?: string | undefined
  refundFen: number
  totalFen: number
  reason?: string | undefined
  notifyUrl?: string | undefined
}
export type Refund = {
  outRefundNo: string
  outTradeNo: string
  refundId: string
  refundFen: number
  reason?: string | undefined
  notifyUrl?: string | undefined
  createdAt: number
  noticeId: string
  /** Set once the money is back. */
  succeededAt?: number
}
type Change = { order: Order } | { refund: Refund } | { spent: string }
export type TradeState = 'NOTPAY' | 'SUCCESS' | 'REFUND' | 'CLOSED'
export type PaidOrder = Order & { paid: NonNullable<Order['paid']> }

/** Why a shopper cannot pay: `unknown`, `closed` or `expired`. */
export type Unpayable = 'unknown' | 'closed' | 'expired'

/**
 * Orders and refunds as WeChat Pay sees them, kept in a file. Every method is one step: it reads,
 * decides and writes before anything else can happen.
 */
export class Ledger {
  readonly #orders = new Map<string, Order>()
  readonly #refunds = new Map<string, Refund>()
  /** Numbers that were closed before they were ordered: WeChat takes no order under them any more. */
  readonly #spent = new Set<string>()
  readonly #journal: Journal<Change>

  constructor(path: string) {
    this.#journal = new Journal(path)
    for (const change of this.#journal.read()) this.#apply(change)
    this.#journal.replace([
      ...[...this.#orders.values()].map((order) => ({ order })),
      ...[...this.#refunds.values()].map((refund) => ({ refund })),
      ...[...this.#spent].map((spent) => ({ spent })),
    ])
  }

  #apply(change: Change): void {
    if ('order' in change) this.#orders.set(change.order.outTradeNo, change.order)
    else if ('refund' in change) this.#refunds.set(change.refund.outRefundNo, change.refund)
    else this.#spent.add(change.spent)
  }

  #write(change: Change): void {
    this.#journal.append(change)
    this.#apply(change)
  }

  /**
   * Takes an order. The same again returns it, with a new prepay_id once the old one has ended.
   * @throws PayError where the number is paid, closed, past its end, or was used with other values
   */
  prepay(request: Prepay, now: number): Order {
    const { outTradeNo } = request
    const known = this.#orders.get(outTradeNo)
    if (known?.paid !== undefined) throw new PayError('ORDERPAID', '该订单已支付')
    if (known?.closed) throw new PayError('ORDER_CLOSED', '该订单已关闭，请重新下单')
    const other = known !== undefined && known.fingerprint !== request.fingerprint
    if (other || this.#spent.has(outTradeNo)) {
      throw new PayError('INVALID_REQUEST', '请求重入时，参数与首次请求时不一致')
    }
    if (known !== undefined && known.expiresAt <= now) {
      throw new PayError('INVALID_REQUEST', '订单已超过支付结束时间，请使用新的商户订单号下单')
    }
    if (known !== undefined && known.prepayUntil > now) return known
    const order: Order = {
      ...request,
      createdAt: known?.createdAt ?? now,
      expiresAt: known?.expiresAt ?? endOf(request, now),
      prepayId: newPrepayId(now),
      prepayUntil: now + PREPAY_MILLIS,
    }
    this.#write({ order })
    return order
  }

  /** @throws PayError ORDER_NOT_EXIST */
  order(outTradeNo: string): Order {
    const order = this.#orders.get(outTradeNo)
    if (order === undefined) throw new PayError('ORDER_NOT_EXIST', '订单不存在')
    return order
  }

  /** @throws PayError ORDER_NOT_EXIST */
  orderByTransaction(transactionId: string): Order {
    const order = this.#byTransaction(transactionId)
    if (order === undefined) throw new PayError('ORDER_NOT_EXIST', '订单不存在')
    return order
  }

  #byTransaction(transactionId: string): Order | undefined {
    return [...this.#orders.values()].find(({ paid }) => paid?.transactionId === transactionId)
  }

  /** Whether a shopper could pay now, or has paid already. */
  payable(outTradeNo: string, now: number): Order | Unpayable {
    const order = this.#orders.get(outTradeNo)
    if (order === undefined) return 'unknown'
    if (order.paid !== undefined) return order
    if (order.closed) return 'closed'
    return order.expiresAt <= now || order.prepayUntil <= now ? 'expired' : order
  }

  /** The shopper pays; paying again changes nothing. */
  pay(outTradeNo: string, now: number): PaidOrder | Unpayable {
    const order = this.payable(outTradeNo, now)
    if (typeof order === 'string') return order
    return isPaid(order) ? order : this.#take(order, now)
  }

  /** Money that was on its way when the order was closed: it counts all the same. */
  payClosed(outTradeNo: string, now: number): PaidOrder {
    const { closed: _, ...order } = this.order(outTradeNo)
    return isPaid(order) ? order : this.#take(order, now)
  }

  #take(order: Order, now: number): PaidOrder {
    const paid = { transactionId: newTransactionId(now), at: now, noticeId: randomUUID() }
    const changed = { ...order, paid }
    this.#write({ order: changed })
    return changed
  }

  /**
   * Closes an unpaid order; closing it again changes nothing. As WeChat does, also takes a number that
   * was never ordered: it can then not be ordered any more.
   * @throws PayError ORDERPAID
   */
  close(outTradeNo: string): void {
    const order = this.#orders.get(outTradeNo)
    if (order?.paid !== undefined) throw new PayError('ORDERPAID', '该订单已支付')
    if (order === undefined) this.#write({ spent: outTradeNo })
    else if (!order.closed) this.#write({ order: { ...order, closed: true } })
  }

  /**
   * Begins a refund. The same again returns it as it is now.
   * @throws PayError where there is no such payment, or not so much of it left
   */
  refund(request: RefundRequest, now: number): Refund {
    const { outRefundNo, refundFen, reason, notifyUrl } = request
    const order =
      request.transactionId === undefined
        ? this.#orders.get(request.outTradeNo ?? '')
        : this.#byTransaction(request.transactionId)
    if (order === undefined || !isPaid(order)) {
      throw new PayError('RESOURCE_NOT_EXISTS', '订单不存在')
    }
    const { outTradeNo } = order
    const known = this.#refunds.get(outRefundNo)
    const sameRefund = known?.outTradeNo === outTradeNo && known.refundFen === refundFen
    if (order.totalFen !== request.totalFen || (known !== undefined && !sameRefund)) {
      throw new PayError('INVALID_REQUEST', '订单金额或退款金额与之前请求不一致，请核实后再试')
    }
    if (known !== undefined) return known
    const earlier = this.refundsOf(outTradeNo)
    const left = earlier.reduce((rest, one) => rest - one.refundFen, order.totalFen)
    if (left === 0) throw new PayError('INVALID_REQUEST', '订单已全额退款')
    if (refundFen > left) throw new PayError('INVALID_REQUEST', '申请退款金额超过订单可退金额')
    if (earlier.length === MAX_REFUNDS)
      throw new PayError('INVALID_REQUEST', '订单退款次数超过限制')
    const refund: Refund = {
      outRefundNo,
      outTradeNo,
      refundId: newRefundId(now),
      refundFen,
      reason,
      notifyUrl,
      createdAt: now,
      noticeId: randomUUID(),
    }
    this.#write({ refund })
    return refund
  }

  /** The money is back at the shopper's. */
  completeRefund(outRefundNo: string, now: number): Refund {
    const refund = this.findRefund(outRefundNo)
    if (refund.succeededAt !== undefined) return refund
    const done = { ...refund, succeededAt: now }
    this.#write({ refund: done })
    return done
  }

  /** @throws PayError RESOURCE_NOT_EXISTS */
  findRefund(outRefundNo: string): Refund {
    const refund = this.#refunds.get(outRefundNo)
    if (refund === undefined) throw new PayError('RESOURCE_NOT_EXISTS', '退款单不存在')
    return refund
  }

  hasRefund(outRefundNo: string): boolean {
    return this.#refunds.has(outRefundNo)
  }

  stateOf(order: Order): TradeState {
    if (order.paid === undefined) return order.closed ? 'CLOSED' : 'NOTPAY'
    return this.refundsOf(order.outTradeNo).length > 0 ? 'REFUND' : 'SUCCESS'
  }

  refundsOf(outTradeNo: string): Refund[] {
    return [...this.#refunds.values()].filter((refund) => refund.outTradeNo === outTradeNo)
  }

  /** Refunds whose money is on its way. */
  processing(): Refund[] {
    return [...this.#refunds.values()].filter(({ succeededAt }) => succeededAt === undefined)
  }

  /** What happened on a day in Beijing (2026-11-24): payments, and refunds that were begun. */
  onDay(day: string): { payments: Order[]; refunds: Refund[] } {
    return {
      payments: [...this.#orders.values()].filter(
        ({ paid }) => paid !== undefined && beijingDay(paid.at) === day,
      ),
      refunds: [...this.#refunds.values()].filter(({ createdAt }) => beijingDay(createdAt) === day),
    }
  }
}

export function isPaid(order: Order): order is PaidOrder {
  return order.paid !== undefined
}

/** At least a minute and at most 90 days from the order on; a week where the shop sets none. */
function endOf({ expiresAt = Number.NaN }: Prepay, now: number): number {
  if (Number.isNaN(expiresAt)) return now + 7 * DAY
  return Math.min(Math.max(expiresAt, now + MINUTE), now + 90 * DAY)
}

const digits = (count: number) => Array.from({ length: count }, () => `${randomInt(10)}`).join('')
const dateDigits = (now: number) => beijingDay(now).replaceAll('-', '')

function newPrepayId(now: number): string {
  const time = beijing(now).slice(0, 19).replace(/\D/g, '')
  return `wx${time}${randomBytes(10).toString('hex')}`
}
const newTransactionId = (now: number) => `420000${digits(4)}${dateDigits(now)}${digits(10)}`
const newRefundId = (now: number) => `5030${digits(6)}${dateDigits(now)}${digits(11)}`
