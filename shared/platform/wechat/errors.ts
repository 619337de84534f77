/**
 * What can be done about an error code of WeChat's:
 * - `refresh`: the access token is not good (any more); with a new one the call goes through.
 * - `retry`: passes by itself.
 * - `drop`: this call is in vain, and nobody has to mend anything: the user did not subscribe, has
 *   left WeChat, or the same was done before.
 * - `mend`: this call is in vain until somebody changes a setting, a template or the code.
 */
export type Remedy = 'refresh' | 'retry' | 'drop' | 'mend'

/**
 * The codes of the calls that we make, by remedy.
 * @see https://developers.weixin.qq.com/doc/oplatform/developers/errCode/errCode.html
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/sendMessage.html
 * @see https://developers.weixin.qq.com/miniprogram/dev/server/API/sec-center/sec-check/api_msgseccheck.html
 * @see https://developers.weixin.qq.com/miniprogram/dev/server/API/order_shipping/api_uploadshippinginfo.html
 */
const CODES: Readonly<Record<Remedy, readonly number[]>> = {
  refresh: [
    40001, // invalid, or no longer the latest
    40014, // not a token
    42001, // expired
  ],
  retry: [
    -1, // system busy
    43108, // another message to the same user is on its way
    44990, // too many calls
    45009, // the day's quota is used up: past the last retry it waits in the dead-letter queue
    45011, // the minute's quota is used up
    10060001, // shipping: no such payment, also until WeChat's own index knows it
    10060012, // shipping: system error
    10060019, // shipping: system error
  ],
  drop: [
    40003, // no such openid (any more)
    43101, // the user has not subscribed, or what they subscribed to has been sent
    50002, // the user's account is frozen or closed
    61010, // text check: the user was not here within two hours
    10060002, // shipping: all has been shipped already
    10060003, // shipping: the one correction has been made already
    10060004, // shipping: can't be shipped (any more): refunded
    10060023, // shipping: this is what WeChat has already
  ],
  mend: [
    40013, // app id
    40037, // template id
    40097, // arguments
    40125, // app secret
    40129, // scene of a text check
    40164, // our address is not on the list of those allowed
    41001, // no access token
    41030, // page
    43104, // the openid is one of another app
    43107, // subscribe messages, or this template, are blocked
    45002, // too long
    45168, // holds a word that WeChat forbids
    47001, // not JSON as WeChat wants it
    47003, // a value that its template does not take
    48001, // the app has no right to this call
    48004, // the call is blocked for the app
    61004, // our address is not registered
    10060005, // shipping: logistics type
    10060008, // shipping: no description
    10060009, // shipping: description too long
    10060014, // shipping: arguments
    10060025, // shipping: carrier too long
    10060026, // shipping: tracking number too long
    10060031, // shipping: the payment is another user's
    268485216, // shipping: time of upload
    268485226, // shipping: no tracking number
    268485227, // shipping: no carrier
  ],
}

const REMEDIES = new Map(
  Object.entries(CODES).flatMap(([remedy, codes]) =>
    codes.map((code) => [code, remedy as Remedy] as const),
  ),
)

/**
 * @returns what can be done about `errcode`. A code that is not in the table is retried: WeChat
 *   documents "other: system error", and what does not pass ends in the dead-letter queue anyway.
 */
export function remedyOf(errcode: number): Remedy {
  return REMEDIES.get(errcode) ?? 'retry'
}

/** WeChat answered, and refused. */
export class WechatRefused extends Error {
  override readonly name = 'WechatRefused'
  readonly errcode: number
  readonly remedy: Remedy

  /** @param errmsg what WeChat said; kept where somebody has to mend it, since it names the field */
  constructor(path: string, errcode: number, errmsg = '') {
    const remedy = remedyOf(errcode)
    const said = remedy === 'mend' && errmsg !== '' ? ` (${errmsg.slice(0, 80)})` : ''
    super(`${path}: errcode ${errcode}${said}`)
    this.errcode = errcode
    this.remedy = remedy
  }
}
