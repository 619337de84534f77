import * as z from 'zod/mini'

const Fen = z.int().check(z.gte(0))
/** RFC 3339 in China's time becomes ISO 8601 in UTC. */
const Time = z.pipe(
  z.iso.datetime({ offset: true }),
  z.transform((time) => new Date(time).toISOString()),
)
/** WeChat Pay leaves out what there is not, or gives null or an empty text. */
const maybe = <T extends z.ZodMiniType>(schema: T) =>
  z.optional(
    z.pipe(
      z.union([z.literal(''), z.null(), schema]),
      z.transform((value) => (value === '' || value === null ? undefined : value) as z.output<T>),
    ),
  )

/** A payment as WeChat Pay knows it. What an order is worth and whether it may be paid, the domain knows. */
export type Transaction = {
  outTradeNo: string
  /** Once it is paid. */
  transactionId?: string
  state: z.output<typeof TransactionState>
  /** What the order costs, before WeChat's own coupons. */
  amountFen?: number
  payerOpenid?: string
  paidAt?: string
}

export type Refund = {
  outTradeNo: string
  outRefundNo: string
  refundId: string
  /** ABNORMAL: the bank would not take it back; an operator has to settle it in WeChat's console. */
  state: z.output<typeof RefundState>
  refundFen: number
  succeededAt?: string
}

const TransactionState = z.enum([
  'SUCCESS',
  'REFUND',
  'NOTPAY',
  'CLOSED',
  'REVOKED',
  'USERPAYING',
  'PAYERROR',
])
const RefundState = z.enum(['SUCCESS', 'CLOSED', 'PROCESSING', 'ABNORMAL'])

/** A payment in an answer to a query and in a notice. */
export const WireTransaction = z.object({
  appid: maybe(z.string()),
  mchid: z.string(),
  out_trade_no: z.string(),
  transaction_id: maybe(z.string()),
  trade_state: TransactionState,
  success_time: maybe(Time),
  payer: maybe(z.object({ openid: maybe(z.string()) })),
  amount: maybe(z.object({ total: maybe(Fen), currency: maybe(z.string()) })),
})

/** A refund in an answer (`status`). */
export const WireRefund = z.object({
  out_trade_no: z.string(),
  out_refund_no: z.string(),
  refund_id: z.string(),
  status: RefundState,
  success_time: maybe(Time),
  amount: z.object({ refund: Fen, currency: maybe(z.string()) }),
})

/** A refund in a notice: the same under other names, and with the merchant. */
export const WireRefundNotice = z.object({
  mchid: z.string(),
  out_trade_no: z.string(),
  out_refund_no: z.string(),
  refund_id: z.string(),
  refund_status: RefundState,
  success_time: maybe(Time),
  amount: z.object({ refund: Fen, currency: maybe(z.string()) }),
})

export function transactionOf(wire: z.output<typeof WireTransaction>): Transaction {
  return {
    outTradeNo: wire.out_trade_no,
    state: wire.trade_state,
    ...(wire.transaction_id === undefined ? {} : { transactionId: wire.transaction_id }),
    ...(wire.amount?.total === undefined ? {} : { amountFen: wire.amount.total }),
    ...(wire.payer?.openid === undefined ? {} : { payerOpenid: wire.payer.openid }),
    ...(wire.success_time === undefined ? {} : { paidAt: wire.success_time }),
  }
}

export function refundOf(wire: z.output<typeof WireRefund>): Refund {
  return {
    outTradeNo: wire.out_trade_no,
    outRefundNo: wire.out_refund_no,
    refundId: wire.refund_id,
    state: wire.status,
    refundFen: wire.amount.refund,
    ...(wire.success_time === undefined ? {} : { succeededAt: wire.success_time }),
  }
}

/** Only amounts in yuan and fen are ours. WeChat Pay leaves the currency out where it goes without saying. */
export const isCny = (amount: { currency?: string | undefined } | undefined): boolean =>
  (amount?.currency ?? 'CNY') === 'CNY'
