import * as z from 'zod/mini'
import { PayError } from './errors.ts'
import type { PayKeys } from './keys.ts'
import type { Prepay, RefundRequest } from './ledger.ts'

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/
const OPENID = /^o[\w-]{27}$/

const text = (longest: number) => z.string().check(z.minLength(1), z.maxLength(longest))
const fen = z.number().check(z.int(), z.gte(1), z.lte(100_000_000_00))
const currency = z.optional(z.literal('CNY'))
/** WeChat wants HTTPS; on this machine HTTP will do. */
const notifyUrl = z.url({ protocol: /^https?$/ }).check(
  z.maxLength(255),
  z.refine((url) => !/[?#]/.test(url)),
)
const outTradeNo = z.string().check(z.regex(/^[\w|*-]{6,32}$/))

const PrepayBody = z.looseObject({
  appid: text(32),
  mchid: text(32),
  description: text(127),
  out_trade_no: outTradeNo,
  time_expire: z.optional(z.string().check(z.regex(RFC3339))),
  attach: z.optional(text(128)),
  notify_url: notifyUrl,
  amount: z.looseObject({ total: fen, currency }),
  // WeChat knows everybody; the stand-in only the form of their openids.
  payer: z.looseObject({ openid: z.string().check(z.regex(OPENID)) }),
})
const RefundBody = z
  .looseObject({
    transaction_id: z.optional(text(32)),
    out_trade_no: z.optional(outTradeNo),
    out_refund_no: z.string().check(z.regex(/^[\w|*@-]{1,64}$/)),
    reason: z.optional(text(80)),
    notify_url: z.optional(notifyUrl),
    amount: z.looseObject({ refund: fen, total: fen, currency: z.literal('CNY') }),
  })
  .check(
    z.refine(({ transaction_id, out_trade_no }) => (transaction_id ?? out_trade_no) !== undefined, {
      path: ['out_trade_no'],
    }),
  )
const CloseBody = z.looseObject({ mchid: text(32) })

/** @throws PayError PARAM_ERROR naming the first wrong field */
function parse<T extends z.ZodMiniType>(schema: T, body: unknown): z.output<T> {
  const result = z.safeParse(schema, body)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw paramError(`/${issue?.path.join('/')}`, 'body', issue?.message)
}

/** @returns the refusal of a parameter, as WeChat words it */
export function paramError(field: string, location: 'body' | 'query', issue = ''): PayError {
  return new PayError('PARAM_ERROR', `参数错误：${field}`, { field, location, issue })
}

/** @throws PayError where this is not the merchant that signed */
export function checkMerchant(keys: PayKeys, mchId: string | null): void {
  if (mchId === null || mchId === '') throw paramError('/mchid', 'query')
  if (mchId !== keys.mchId) throw new PayError('MCH_NOT_EXISTS', '商户号不存在')
}

/** Reads the body of POST /v3/pay/transactions/jsapi. @throws PayError */
export function prepayOf(body: unknown, keys: PayKeys, appId: string): Prepay {
  const order = parse(PrepayBody, body)
  checkMerchant(keys, order.mchid)
  if (order.appid !== appId) throw new PayError('APPID_MCHID_NOT_MATCH', 'appid和mch_id不匹配')
  // The address and device of a shopper may be others at the next try.
  const { scene_info: _, ...rest } = order
  return {
    outTradeNo: order.out_trade_no,
    description: order.description,
    attach: order.attach,
    notifyUrl: order.notify_url,
    openid: order.payer.openid,
    totalFen: order.amount.total,
    expiresAt: order.time_expire === undefined ? undefined : Date.parse(order.time_expire),
    fingerprint: canonical(rest),
  }
}

/** Reads the body of POST /v3/refund/domestic/refunds. @throws PayError */
export function refundOf(body: unknown): RefundRequest {
  const refund = parse(RefundBody, body)
  return {
    outRefundNo: refund.out_refund_no,
    outTradeNo: refund.out_trade_no,
    transactionId: refund.transaction_id,
    refundFen: refund.amount.refund,
    totalFen: refund.amount.total,
    reason: refund.reason,
    notifyUrl: refund.notify_url,
  }
}

/** Reads the body of POST …/close. @throws PayError */
export function checkClose(body: unknown, keys: PayKeys): void {
  checkMerchant(keys, parse(CloseBody, body).mchid)
}

/** The same JSON for the same values, in whatever order they were written. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
