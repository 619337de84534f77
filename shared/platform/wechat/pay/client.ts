import * as z from 'zod/mini'
import type { Api } from './api.ts'
import type { WechatPayConfig } from './config.ts'
import { unavailable, WechatPayError } from './errors.ts'
import {
  isCny,
  type Refund,
  refundOf,
  type Transaction,
  transactionOf,
  WireRefund,
  WireTransaction,
} from './schemas.ts'
import { chinaTime, plainText } from './text.ts'

export const NOTIFY_PATH = '/api/payments/wechat/notify'
export const REFUND_NOTIFY_PATH = '/api/payments/wechat/refund-notify'

const DESCRIPTION_LENGTH = 127
const REASON_LENGTH = 80

export type Prepay = {
  /** The order's id. */
  outTradeNo: string
  /** Shown to the payer; made to fit. */
  description: string
  amountFen: number
  openid: string
  /** ISO 8601. After this nobody can pay; the order has to be closed all the same. */
  expiresAt: string
  /** Path of this API that takes the notice; the standard one where left out. */
  notifyPath?: string
}

export type AskRefund = {
  outTradeNo: string
  /** One number, one refund: asking again with the same one changes nothing. */
  outRefundNo: string
  refundFen: number
  /** What was paid in all. */
  totalFen: number
  /** Shown to the payer; made to fit. */
  reason: string
}

/**
 * What closing came to:
 * - `closed`: nobody can pay it any more, now or since earlier;
 * - `paid`: it is paid, and stays so;
 * - `unknown`: WeChat Pay has never seen it, so nobody could pay. A prepay that is still under way
 *   may change that: close after the last one, or query again later.
 */
export type Closing = 'closed' | 'paid' | 'unknown'

export type Payments = {
  /**
   * Prepares a payment. The same order may be prepared again with the same parameters.
   * @returns the prepay_id, good for two hours
   * @throws WechatPayError e.g. ORDERPAID, ORDER_CLOSED, or, where the parameters differ from before,
   *   INVALID_REQUEST or OUT_TRADE_NO_USED; Unavailable where the outcome is not known: do it again
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791897
   */
  prepay(order: Prepay): Promise<string>
  /**
   * @returns undefined where WeChat Pay has no such order
   * @throws WechatPayError, Unavailable
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791900
   */
  query(outTradeNo: string): Promise<Transaction | undefined>
  /**
   * Closes an order so that nobody can pay it: first this, then cancel it here.
   * @throws WechatPayError, retryable while the payer is paying; Unavailable: not known, do it again
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791901
   */
  close(outTradeNo: string): Promise<Closing>
  /**
   * Asks for a refund, which is done later: see state, the notice, and queryRefund.
   * @throws WechatPayError, retryable e.g. while the balance does not cover it (NOT_ENOUGH);
   *   Unavailable: not known, do it again with the same outRefundNo
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791903
   */
  refund(refund: AskRefund): Promise<Refund>
  /**
   * @returns undefined where WeChat Pay has no such refund
   * @throws WechatPayError, Unavailable
   * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791904
   */
  queryRefund(outRefundNo: string): Promise<Refund | undefined>
}

const orderPath = (outTradeNo: string) =>
  `/v3/pay/transactions/out-trade-no/${encodeURIComponent(outTradeNo)}`
const REFUNDS = '/v3/refund/domestic/refunds'

/** Payments in a mini-program (JSAPI) and refunds. */
export function createPayments(
  { appId, mchId, apiUrl }: Pick<WechatPayConfig, 'appId' | 'mchId' | 'apiUrl'>,
  api: Api,
): Payments {
  const notifyUrl = (path: string) => apiUrl.replace(/\/+$/, '') + path

  return {
    async prepay({ outTradeNo, amountFen, openid, notifyPath = NOTIFY_PATH, ...order }) {
      const body = {
        appid: appId,
        mchid: mchId,
        // A title of nothing but emoji leaves nothing; WeChat Pay wants something.
        description: plainText(order.description, DESCRIPTION_LENGTH) || outTradeNo,
        out_trade_no: outTradeNo,
        time_expire: chinaTime(order.expiresAt),
        notify_url: notifyUrl(notifyPath),
        amount: { total: amountFen, currency: 'CNY' },
        payer: { openid },
      }
      const target = '/v3/pay/transactions/jsapi'
      const answer = await api(
        { method: 'POST', target, about: 'prepay', body },
        z.object({ prepay_id: z.string().check(z.minLength(1)) }),
      )
      return answer.prepay_id
    },

    async query(outTradeNo) {
      const target = `${orderPath(outTradeNo)}?mchid=${mchId}`
      const asked = api({ method: 'GET', target, about: 'query' }, WireTransaction)
      const wire = await unless(asked, ['ORDER_NOT_EXIST', 'ORDERNOTEXIST'], undefined)
      if (wire === undefined) return undefined
      const asAsked = wire.mchid === mchId && wire.out_trade_no === outTradeNo
      if (!asAsked || !isCny(wire.amount)) throw unavailable('query: the answer is to another one')
      return transactionOf(wire)
    },

    async close(outTradeNo) {
      const target = `${orderPath(outTradeNo)}/close`
      const body = { mchid: mchId }
      const asked = api({ method: 'POST', target, about: 'close', body }, z.unknown())
      const closing = asked.then((): Closing => 'closed')
      const closed = unless<Closing, Closing>(closing, ['ORDER_CLOSED', 'ORDERCLOSED'], 'closed')
      const paid = unless<Closing, Closing>(closed, ['ORDERPAID', 'ORDER_PAID'], 'paid')
      return unless<Closing, Closing>(paid, ['ORDER_NOT_EXIST', 'ORDERNOTEXIST'], 'unknown')
    },

    async refund({ outTradeNo, outRefundNo, refundFen, totalFen, reason }) {
      const told = plainText(reason, REASON_LENGTH)
      const body = {
        out_trade_no: outTradeNo,
        out_refund_no: outRefundNo,
        ...(told === '' ? {} : { reason: told }),
        notify_url: notifyUrl(REFUND_NOTIFY_PATH),
        amount: { refund: refundFen, total: totalFen, currency: 'CNY' },
      }
      const wire = await api({ method: 'POST', target: REFUNDS, about: 'refund', body }, WireRefund)
      return checkedRefund(wire, outRefundNo)
    },

    async queryRefund(outRefundNo) {
      const target = `${REFUNDS}/${encodeURIComponent(outRefundNo)}`
      const asked = api({ method: 'GET', target, about: 'queryRefund' }, WireRefund)
      const wire = await unless(asked, ['RESOURCE_NOT_EXISTS'], undefined)
      return wire && checkedRefund(wire, outRefundNo)
    },
  }
}

function checkedRefund(wire: z.output<typeof WireRefund>, outRefundNo: string): Refund {
  if (wire.out_refund_no !== outRefundNo || !isCny(wire.amount)) {
    throw unavailable('refund: the answer is to another one')
  }
  return refundOf(wire)
}

/** Takes a refusal with one of these codes as an answer. */
async function unless<T, Instead>(
  asked: Promise<T>,
  codes: string[],
  instead: Instead,
): Promise<T | Instead> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof WechatPayError && codes.includes(error.code)) return instead
    throw error
  }
}
