import type { App, Call, Reply } from './app.ts'

const CODE = /^phone:(?:\+(\d{1,4})-)?(\d{5,14}):[^\n]{1,128}$/

/**
 * POST /wxa/business/getuserphonenumber: `phone:13800138000:NONCE` leads to that number, once;
 * `phone:+1-4155550100:NONCE` to one of another country.
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-info/phone-number/getPhoneNumber.html
 */
export function phoneNumber(app: App, { body }: Call): Reply {
  const code = typeof body.code === 'string' ? body.code : ''
  const [, countryCode = '86', number] = CODE.exec(code) ?? []
  if (number === undefined || !app.useCode(code)) return { errcode: 40029, errmsg: 'invalid code' }
  return {
    errcode: 0,
    errmsg: 'ok',
    phone_info: {
      phoneNumber: countryCode === '86' ? number : `+${countryCode}${number}`,
      purePhoneNumber: number,
      countryCode,
      watermark: { timestamp: Math.floor(Date.now() / 1000), appid: app.appId },
    },
  }
}
