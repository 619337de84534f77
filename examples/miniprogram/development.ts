// What replaces WeChat while the shop runs on this machine: its stand-in takes codes of its own
// instead of those of wx.login, and orders are paid there instead of through wx.requestPayment.
//
// None of this can ship by accident: it is there only in the development version of the mini-program
// ("develop": the developer tools and their previews) and only for addresses of this machine.
import type { PaymentSheet } from 'minimall-client'
import { NetworkError } from 'minimall-client'
import { config } from './config'

const isLocal = (url: string) => /^http:\/\/(127\.0\.0\.1|localhost)(:\d+)?$/.test(url)
const isDevelopment = wx.getAccountInfoSync().miniProgram.envVersion === 'develop'

const signIn = async () =>
  `mock:${config.development.user}:${Date.now()}-${Math.random().toString(36).slice(2)}`

const sheet: PaymentSheet = (_, orderId) =>
  new Promise((resolve, reject) => {
    const { standIn } = config.development
    if (!isLocal(standIn)) return reject(new Error('请在 config.ts 填写 development.standIn'))
    wx.request({
      url: `${standIn}/mock/pay`,
      method: 'POST',
      data: { outTradeNo: orderId },
      success: ({ statusCode }) =>
        statusCode === 200 ? resolve() : reject(new Error(`模拟支付失败：HTTP ${statusCode}`)),
      fail: ({ errMsg }) => reject(new NetworkError(errMsg, '')),
    })
  })

/** Stand-ins for wx.login and wx.requestPayment; undefined everywhere but on a developer's machine. */
export const development =
  isDevelopment && config.baseUrls.every(isLocal)
    ? { signIn, sheet, tokensKey: 'minimall.tokens.development' }
    : undefined
