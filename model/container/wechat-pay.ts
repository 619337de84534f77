// Takes the place of shared/platform/wechat/pay/index.ts in a container of the model.
import { unavailable, WechatPayError } from '../../shared/platform/wechat/pay/errors.ts'
import type { WechatPay } from '../../shared/platform/wechat/pay/index.ts'
import type { Refusal, Wechat } from '../engines/wechat.ts'

export * from '../../shared/platform/wechat/pay/errors.ts'

async function ask<T>(about: string, question: (wechat: Wechat) => T | Refusal): Promise<T> {
  let answer: T | Refusal
  try {
    answer = await engines.wechat(about, question)
  } catch {
    throw unavailable(`${about}: no answer`)
  }
  if (typeof answer === 'object' && answer !== null && 'refused' in answer) {
    throw new WechatPayError(answer.refused, answer.status, about)
  }
  return answer as T
}

/** Notices come as the JSON of what a verified one says. */
const read = async (_: unknown, body: Uint8Array) => JSON.parse(Buffer.from(body).toString())

const wechat: WechatPay = {
  prepay: (order) => ask(`prepay ${order.outTradeNo}`, (there) => there.prepay(order)),
  query: (no) => ask(`query ${no}`, (there) => there.query(no)),
  close: (no) => ask(`close ${no}`, (there) => there.close(no)),
  refund: (refund) => ask(`refund ${refund.outRefundNo}`, (there) => there.refund(refund)),
  queryRefund: (no) => ask(`query refund ${no}`, (there) => there.queryRefund(no)),
  readPaymentNotice: read,
  readRefundNotice: read,
  tradeBill: async () => [],
  requestPayment: (prepayId) => ({
    timeStamp: '0',
    nonceStr: '0',
    package: `prepay_id=${prepayId}`,
    signType: 'RSA',
    paySign: '0',
  }),
}

export const wechatPay = () => wechat
