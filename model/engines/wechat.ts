import type {
  AskRefund,
  Closing,
  Prepay,
  Refund,
  Transaction,
} from '../../shared/platform/wechat/pay/index.ts'

type Known = { amountFen: number; state: 'NOTPAY' | 'CLOSED' | 'SUCCESS' }
export type Refusal = { refused: string; status: number }

const refuse = (refused: string, status = 400): Refusal => ({ refused, status })

/** WeChat Pay: what it knows of orders and refunds, and what it answers. */
export class Wechat {
  readonly orders = new Map<string, Known>()
  readonly refunds = new Map<string, Refund>()

  prepay({ outTradeNo, amountFen }: Prepay): string | Refusal {
    const known = this.orders.get(outTradeNo)
    if (known?.state === 'SUCCESS') return refuse('ORDERPAID')
    if (known?.state === 'CLOSED') return refuse('ORDER_CLOSED')
    if (known === undefined) this.orders.set(outTradeNo, { amountFen, state: 'NOTPAY' })
    return `wx${outTradeNo}`
  }

  query(outTradeNo: string): Transaction | undefined {
    const known = this.orders.get(outTradeNo)
    if (known === undefined) return undefined
    const { state, amountFen } = known
    if (state !== 'SUCCESS') return { outTradeNo, state }
    return { outTradeNo, state, transactionId: `t${outTradeNo}`, amountFen }
  }

  close(outTradeNo: string): Closing {
    const known = this.orders.get(outTradeNo)
    if (known === undefined) return 'unknown'
    if (known.state === 'SUCCESS') return 'paid'
    known.state = 'CLOSED'
    return 'closed'
  }

  refund({ outTradeNo, outRefundNo, refundFen }: AskRefund): Refund | Refusal {
    const earlier = this.refunds.get(outRefundNo)
    if (earlier !== undefined) return { ...earlier }
    const order = this.orders.get(outTradeNo)
    if (order?.state !== 'SUCCESS') return refuse('RESOURCE_NOT_EXISTS', 404)
    if (this.netFen(outTradeNo) < refundFen) return refuse('INVALID_REQUEST')
    const refund: Refund = {
      outTradeNo,
      outRefundNo,
      refundFen,
      refundId: `r${outRefundNo}`,
      state: 'PROCESSING',
    }
    this.refunds.set(outRefundNo, refund)
    return { ...refund }
  }

  queryRefund(outRefundNo: string): Refund | undefined {
    const refund = this.refunds.get(outRefundNo)
    return refund && { ...refund }
  }

  /** The payer pays, where WeChat still lets them. */
  pays(outTradeNo: string): boolean {
    const known = this.orders.get(outTradeNo)
    if (known?.state !== 'NOTPAY') return false
    known.state = 'SUCCESS'
    return true
  }

  /** The bank takes back what is on its way. */
  finishRefunds(): void {
    for (const refund of this.refunds.values()) {
      if (refund.state === 'PROCESSING') refund.state = 'SUCCESS'
    }
  }

  /** What the shop has of an order's money. */
  netFen(outTradeNo: string): number {
    const known = this.orders.get(outTradeNo)
    if (known?.state !== 'SUCCESS') return 0
    return [...this.refunds.values()]
      .filter((refund) => refund.outTradeNo === outTradeNo && refund.state !== 'CLOSED')
      .reduce((left, { refundFen }) => left - refundFen, known.amountFen)
  }
}
