import type { Order, PaidOrder, Refund, TradeState } from './ledger.ts'
import { beijing } from './times.ts'

type Json = Record<string, unknown>
export type Merchant = { appId: string; mchId: string }

const STATE_WORDS: Readonly<Record<TradeState, string>> = {
  NOTPAY: '订单未支付',
  CLOSED: '订单已关闭',
  SUCCESS: '支付成功',
  REFUND: '订单发生过退款，退款详情请查询退款单',
}

/**
 * An order as the query answers it, and as the notice of its payment holds it.
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791859
 */
export function transactionView({ appId, mchId }: Merchant, order: Order, state: TradeState): Json {
  const { outTradeNo, totalFen: total, attach, openid, paid } = order
  const common = {
    appid: appId,
    mchid: mchId,
    out_trade_no: outTradeNo,
    trade_state: state,
    trade_state_desc: STATE_WORDS[state],
    promotion_detail: [],
  }
  if (paid === undefined) return { ...common, amount: { total, payer_currency: 'CNY' } }
  return {
    ...common,
    transaction_id: paid.transactionId,
    trade_type: 'JSAPI',
    bank_type: 'OTHERS',
    attach: attach ?? '',
    success_time: beijing(paid.at),
    payer: { openid },
    amount: { total, payer_total: total, currency: 'CNY', payer_currency: 'CNY' },
  }
}

/** A refund as its routes answer it. @see https://pay.weixin.qq.com/doc/v3/merchant/4012791863 */
export function refundView(order: PaidOrder, refund: Refund): Json {
  const { totalFen: total } = order
  const { refundFen } = refund
  return {
    ...refundNames(order, refund),
    channel: 'ORIGINAL',
    user_received_account: '支付用户零钱',
    create_time: beijing(refund.createdAt),
    status: refund.succeededAt === undefined ? 'PROCESSING' : 'SUCCESS',
    ...(refund.succeededAt === undefined ? {} : { success_time: beijing(refund.succeededAt) }),
    funds_account: 'UNSETTLED',
    amount: {
      total,
      refund: refundFen,
      from: [],
      payer_total: total,
      payer_refund: refundFen,
      settlement_refund: refundFen,
      settlement_total: total,
      discount_refund: 0,
      currency: 'CNY',
      refund_fee: 0,
    },
    promotion_detail: [],
  }
}

/** What the notice of a refund holds. @see https://pay.weixin.qq.com/doc/v3/merchant/4012791865 */
export function refundNotice({ mchId }: Merchant, order: PaidOrder, refund: Refund): Json {
  const { totalFen: total } = order
  return {
    mchid: mchId,
    ...refundNames(order, refund),
    refund_status: 'SUCCESS',
    success_time: beijing(refund.succeededAt ?? refund.createdAt),
    user_received_account: '支付用户零钱',
    amount: { total, refund: refund.refundFen, payer_total: total, payer_refund: refund.refundFen },
  }
}

function refundNames({ outTradeNo, paid }: PaidOrder, refund: Refund): Json {
  return {
    refund_id: refund.refundId,
    out_refund_no: refund.outRefundNo,
    transaction_id: paid.transactionId,
    out_trade_no: outTradeNo,
  }
}
