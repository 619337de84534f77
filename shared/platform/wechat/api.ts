import * as z from 'zod/mini'
import { settings } from '../config/index.ts'
import { once } from '../config/once.ts'
import { Unavailable } from '../errors/standard.ts'
import { redis } from '../redis/client.ts'
import { createWechatCall, issueToken, type WechatCall } from './call.ts'
import { WechatRefused } from './errors.ts'
import { WeChatRefusedCode } from './session.ts'
import { createAccessToken } from './token.ts'

/** Not valid, too old, or used before. */
const CODE_REFUSED = new Set([40029, 40163])

const Done = z.object({})
const Phone = z.object({
  phone_info: z.object({
    purePhoneNumber: z.string().check(z.regex(/^\d{4,15}$/)),
    countryCode: z.coerce.string().check(z.regex(/^\d{1,4}$/)),
  }),
})
const Checked = z.object({ result: z.object({ suggest: z.enum(['pass', 'review', 'risky']) }) })

/** Where a text stands; WeChat's numbers for it. */
export const TEXT_SCENES = { profile: 1, comment: 2 } as const
export type TextToCheck = { openid: string; scene: keyof typeof TEXT_SCENES; content: string }
export type Verdict = 'pass' | 'review' | 'risky'

export type SubscribeMessage = {
  openid: string
  templateId: string
  /** Opens when the message is tapped. */
  page?: string | undefined
  /** Values by field of the template, e.g. `thing1`. */
  data: Readonly<Record<string, string>>
}

export type Shipment = {
  mchId: string
  outTradeNo: string
  openid: string
  /** The carrier's id in WeChat's list, e.g. `SF`. */
  carrier: string
  trackingNo: string
  /** What is in the parcel; up to 120 characters. */
  description: string
  /** Phone number of who receives it, with all but its last digits hidden; SF wants it. */
  receiverPhone?: string | undefined
}

/**
 * The calls to api.weixin.qq.com that need the app's access token. All throw Unavailable where
 * WeChat does not answer, and (but for phoneOfCode) WechatRefused, with what can be done about it.
 */
export function createWechatApi(call: WechatCall) {
  return {
    /**
     * Trades a code of `getPhoneNumber` for the user's phone number. Each code is good once, for five
     * minutes.
     * @returns numbers of mainland China as they are dialled there (11 digits), others as E.164
     * @throws WeChatRefusedCode
     * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-info/phone-number/getPhoneNumber.html
     */
    async phoneOfCode(code: string): Promise<string> {
      try {
        const { phone_info } = await call('/wxa/business/getuserphonenumber', { code }, Phone)
        const { countryCode, purePhoneNumber } = phone_info
        return countryCode === '86' ? purePhoneNumber : `+${countryCode}${purePhoneNumber}`
      } catch (error) {
        if (!(error instanceof WechatRefused)) throw error
        if (CODE_REFUSED.has(error.errcode)) throw new WeChatRefusedCode()
        throw Unavailable.because('wechat', error)
      }
    },

    /**
     * Lets WeChat look at a text that other people will read.
     * @param text `content`: up to 2,500 characters; the user must have been here within two hours
     * @see https://developers.weixin.qq.com/miniprogram/dev/server/API/sec-center/sec-check/api_msgseccheck.html
     */
    async checkText({ openid, scene, content }: TextToCheck): Promise<Verdict> {
      const body = { version: 2, openid, scene: TEXT_SCENES[scene], content }
      const { result } = await call('/wxa/msg_sec_check', body, Checked)
      return result.suggest
    },

    /**
     * Sends a message that the user has subscribed to.
     * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/sendMessage.html
     */
    async sendSubscribe({ openid, templateId, page, data }: SubscribeMessage): Promise<void> {
      const values = Object.entries(data).map(([field, value]) => [field, { value }])
      const body = {
        touser: openid,
        template_id: templateId,
        page,
        data: Object.fromEntries(values),
      }
      await call('/cgi-bin/message/subscribe/send', body, Done)
    },

    /**
     * Tells WeChat that a paid order is on its way; the money is not settled before. The same shipment
     * again changes nothing (code 10060023), another one uses up the only correction there is.
     * @see https://developers.weixin.qq.com/miniprogram/dev/server/API/order_shipping/api_uploadshippinginfo.html
     */
    async uploadShipping(shipment: Shipment): Promise<void> {
      const { mchId, outTradeNo, openid, carrier, trackingNo, description, receiverPhone } =
        shipment
      const parcel = {
        tracking_no: trackingNo,
        express_company: carrier,
        item_desc: description,
        ...(receiverPhone === undefined ? {} : { contact: { receiver_contact: receiverPhone } }),
      }
      const body = {
        order_key: { order_number_type: 1, mchid: mchId, out_trade_no: outTradeNo },
        logistics_type: 1,
        delivery_mode: 1,
        shipping_list: [parcel],
        upload_time: new Date().toISOString(),
        payer: { openid },
      }
      await call('/wxa/sec/order/upload_shipping_info', body, Done)
    },
  }
}

export type WechatApi = ReturnType<typeof createWechatApi>

/** The container's client, over the access token that all containers share. */
export const wechatApi = /* @__PURE__ */ once(() => {
  const { WECHAT_API_URL: url, WECHAT_APP_ID: appId, WECHAT_APP_SECRET: appSecret } = settings()
  const app = { url, appId, appSecret }
  const issue = (force: boolean) => issueToken(app, force)
  return createWechatApi(createWechatCall(url, createAccessToken({ redis: redis(), appId, issue })))
})
