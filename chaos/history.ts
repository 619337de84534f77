/** One request and what came of it. Times are milliseconds of `performance.now()`. */
export type Asked = {
  at: number
  millis: number
  route: string
  trace: string
  /** 0: there was no answer. */
  status: number
  /** 0: none, or not in our envelope. */
  code: number
  /** What is wrong with the answer, or with there being none. */
  problem?: string
}

/** A purchase under one Idempotency-Key, however often it was sent. */
export type Purchase = {
  key: string
  shopper: string
  skuId: string
  quantity: number
  trace: string
  /** Every order id that a 202 named. */
  accepted: string[]
  totalFen?: number
  /** Some attempt got no clear answer, so that there may be an order that nobody was told of. */
  unsure: boolean
}

/** Something that the shop said it did with an order. */
export type Step = {
  step: 'cancelled' | 'shipped' | 'refund asked' | 'refund granted'
  orderId: string
  trace: string
}

/** A change of stock by an admin, who says why in words that are found again. */
export type Delivery = {
  reason: string
  skuId: string
  delta: number
  trace: string
  done: boolean
}
export type Mailing = { subject: string; emails: string[]; trace: string; id?: string }
export type Export = { id: string; trace: string }
export type Claim = { shopper: string; couponId: string; trace: string }

/** All that the shoppers and admins were told. */
export type History = {
  asked: Asked[]
  purchases: Purchase[]
  steps: Step[]
  deliveries: Delivery[]
  mailings: Mailing[]
  claims: Claim[]
  exports: Export[]
  /** Ids of users and their mail addresses, by the names of the shoppers. */
  shoppers: Map<string, { userId: string; email?: string }>
  /** Units of each SKU at the beginning. */
  stocked: Map<string, number>
}

export const newHistory = (): History => ({
  asked: [],
  purchases: [],
  steps: [],
  deliveries: [],
  mailings: [],
  claims: [],
  exports: [],
  shoppers: new Map(),
  stocked: new Map(),
})
