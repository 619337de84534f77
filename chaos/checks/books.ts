/** What the shop, its engines and the services around it have at the end, as plain data. */
export type Books = {
  orders: BookedOrder[]
  /** Every change of the run's SKUs. */
  ledger: { skuId: string; kind: string; delta: number; orderId?: string; reason?: string }[]
  skus: { skuId: string; stock: number; version: string }[]
  /**
   * What Redis has of each SKU; undefined where it has no counter. `doubtful`: units held for corrections
   * of which nobody knows yet whether they were booked; they are let go after a minute.
   */
  counters: {
    skuId: string
    counter?: { base: number; version: string; held: number }
    holds: number
    doubtful: number
  }[]
  /** What the shop says of each SKU. */
  views: { skuId: string; received: number; sold: number; held: number; available: number }[]
  /** Steps that an order took, each as often as it stands in its history. */
  steps: { orderId: string; step: string; times: number }[]
  payments: { orderId: string; amountFen: number; late: boolean }[]
  refunds: { orderId: string; amountFen: number; state: string }[]
  /** What WeChat has taken and paid back. */
  wechat: { orderId: string; totalFen: number; paidFen: number; refundedFen: number }[]
  /** What buyers were told by mail of their orders, as the shop has noted it. */
  notices: { orderId: string; userId: string; state: string; messageId?: string }[]
  recipients: {
    subject: string
    email: string
    state: string
    messageId?: string
    error?: string
  }[]
  /** Every mail that SES sent. */
  mails: { messageId: string; to: string; subject: string }[]
  claims: { userId: string; couponId: string; claimed: number; used: number; uses: number }[]
  exports: { id: string; state: string }[]
  /** The orders that each shopper is shown. */
  shown: Map<string, Map<string, string>>
  /** What is still under way though nothing should be: rows, messages, holds. */
  left: { what: string; count: number }[]
}

export type BookedOrder = {
  orderId: string
  userId: string
  state: string
  totalFen: number
  items: { skuId: string; quantity: number }[]
}

/** A promise that was broken, and what is needed to look into it. */
export type Violation = { rule: string; what: string; orders?: string[]; traces?: string[] }
