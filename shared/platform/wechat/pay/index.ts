import { settings } from '../../config/index.ts'
import { once } from '../../config/once.ts'
import { createApi } from './api.ts'
import { type BillRow, tradeBill } from './bill.ts'
import { createKeys } from './certificates.ts'
import { createPayments, type Payments } from './client.ts'
import type { WechatPayConfig } from './config.ts'
import { createNotices, type Notices } from './notices.ts'
import { createSigner, type RequestPayment } from './sign.ts'
import { createTransport } from './transport.ts'

export type { BillRow } from './bill.ts'
export type { AskRefund, Closing, Prepay } from './client.ts'
export type { WechatPayConfig } from './config.ts'
export { NoticeRefused, WechatPayError } from './errors.ts'
export type { Refund, Transaction } from './schemas.ts'
export type { RequestPayment } from './sign.ts'
export type { SignatureHeaders } from './verify.ts'

export type WechatPay = Payments &
  Notices & {
    /** Signs what `wx.requestPayment` takes. @param prepayId from prepay */
    requestPayment(prepayId: string): RequestPayment
    /** The bill of a day; see bill.ts. @param date `YYYY-MM-DD` in China's time */
    tradeBill(date: string): Promise<BillRow[]>
  }

/**
 * WeChat Pay API v3 for a merchant with one mini-program. Keys are imported once, here.
 * @throws where a key is not a key
 */
export function createWechatPay(config: WechatPayConfig): WechatPay {
  const { now = Date.now } = config
  const signer = createSigner(config, now)
  const transport = createTransport(config, signer)
  const keyOf = createKeys(config, transport, now)
  const api = createApi(transport, keyOf, now)
  return {
    ...createPayments(config, api),
    ...createNotices(config, keyOf, now),
    requestPayment: (prepayId) => signer.requestPayment(config.appId, prepayId),
    tradeBill: (date) => tradeBill(config, api, transport, date),
  }
}

export const wechatPay = /* @__PURE__ */ once(() => {
  const env = settings()
  const { WECHAT_PAY_PUBLIC_KEY_ID: id, WECHAT_PAY_PUBLIC_KEY: pem } = env
  return createWechatPay({
    url: env.WECHAT_PAY_URL,
    appId: env.WECHAT_APP_ID,
    mchId: env.WECHAT_PAY_MCH_ID,
    mchSerial: env.WECHAT_PAY_MCH_SERIAL,
    privateKey: env.WECHAT_PAY_MCH_PRIVATE_KEY,
    apiV3Key: env.WECHAT_PAY_API_V3_KEY,
    ...(id === undefined || pem === undefined ? {} : { publicKey: { id, pem } }),
    apiUrl: env.API_URL,
  })
})
