import { randomUUID } from 'node:crypto'
import * as z from 'zod/mini'
import type { PayKeys } from './keys.ts'
import { isPaid, type Ledger, type Order } from './ledger.ts'
import { type Notifier, TAMPERS } from './notices.ts'
import { type Merchant, transactionView } from './views.ts'

export type ControlReply = { status: number; body: Record<string, unknown> }

const MAX_TIMES = 100
const MAX_DELAY_MILLIS = 300_000

const whole = (from: number, to: number) => z.number().check(z.int(), z.gte(from), z.lte(to))
const PayBody = z.strictObject({
  outTradeNo: z.string().check(z.minLength(1), z.maxLength(32)),
  // 0 pays and loses the notice.
  times: z.optional(whole(0, MAX_TIMES)),
  tamper: z.optional(z.enum(TAMPERS)),
  delayMs: z.optional(whole(0, MAX_DELAY_MILLIS)),
})
const RotateBody = z.strictObject({ to: z.optional(z.enum(['certificate', 'public-key'])) })

const refused = (status: number, message: string, extra = {}) => ({
  status,
  body: { message, ...extra },
})

function read<T extends z.ZodMiniType>(schema: T, body: unknown): z.output<T> | ControlReply {
  const result = z.safeParse(schema, body)
  if (result.success) return result.data
  const fields = result.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.join('.') || 'body'],
  )
  return refused(400, `bad input: ${fields.join(', ')}`, { fields })
}

const WHY = {
  unknown: [404, 'no such order at WeChat: was its prepay called?'],
  closed: [409, 'the order is closed'],
  expired: [
    409,
    'the time to pay has ended; before time_expire, a new prepay gives a new prepay_id',
  ],
} as const

/**
 * POST /mock/pay: the shopper pays, then the shop hears of it. The order is paid at once; `delayMs`
 * holds back the notices only. A closed order is paid as by money that was on its way. A tampered notice is one of a forger: it pays nothing, whatever kind it
 * is. For an order that is already paid it carries the real transaction id, else one of its own.
 */
export async function mockPay(
  {
    ledger,
    notifier,
    merchant,
    now,
  }: { ledger: Ledger; notifier: Notifier; merchant: Merchant; now: number },
  body: unknown,
): Promise<ControlReply> {
  const input = read(PayBody, body)
  if ('status' in input) return input
  const { outTradeNo, times = 1, tamper, delayMs = 0 } = input
  const found = payOrLook(ledger, outTradeNo, now, tamper === undefined)
  if (typeof found === 'string') {
    const [status, why] = WHY[found]
    return refused(status, why)
  }
  const order = isPaid(found) ? found : forged(found, now)
  const { transactionId, at, noticeId } = order.paid
  const content = transactionView(merchant, order, 'SUCCESS')
  const notice = {
    id: noticeId,
    event: 'TRANSACTION.SUCCESS',
    createdAt: at,
    url: order.notifyUrl,
    content: tamper === 'amount' ? cheaper(content, order) : content,
  } as const
  const deliveries = await notifier.deliver(notice, { times, delayMillis: delayMs, tamper })
  return { status: 200, body: { transactionId, deliveries } }
}

/** A shop must live with money that was on its way when it closed the order, so that can be tried. */
function payOrLook(ledger: Ledger, outTradeNo: string, now: number, pays: boolean) {
  const found = pays ? ledger.pay(outTradeNo, now) : ledger.payable(outTradeNo, now)
  return pays && found === 'closed' ? ledger.payClosed(outTradeNo, now) : found
}

function forged(order: Order, now: number) {
  const paid = {
    transactionId: `4200009999${now}`.padEnd(28, '0'),
    at: now,
    noticeId: randomUUID(),
  }
  return { ...order, paid }
}

/** One fen for everything; two where one would be right. */
function cheaper(content: Record<string, unknown>, { totalFen }: Order): Record<string, unknown> {
  const total = totalFen === 1 ? 2 : 1
  return { ...content, amount: { ...(content.amount as object), total, payer_total: total } }
}

/** POST /mock/rotate: a new platform certificate signs; or, with `{"to":"public-key"}`, the public key. */
export async function mockRotate(keys: PayKeys, now: number, body: unknown): Promise<ControlReply> {
  const input = read(RotateBody, body)
  if ('status' in input) return input
  if (input.to === 'public-key') keys.usePublicKey()
  else await keys.rotate(now)
  return { status: 200, body: { serial: keys.signer.serial } }
}
