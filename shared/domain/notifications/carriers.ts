/** WeChat's codes of the carriers whose names admins write instead. */
const CODES: Readonly<Record<string, string>> = {
  顺丰: 'SF',
  圆通: 'YTO',
  中通: 'ZTO',
  申通: 'STO',
  韵达: 'YD',
  极兔: 'JTSD',
  京东: 'JD',
  邮政: 'YZPY',
}

/**
 * @param carrier as an admin gave it: a code, or a name such as 顺丰速运
 * @returns WeChat's code, or undefined where the name is none that is known here
 * @see https://developers.weixin.qq.com/miniprogram/dev/platform-capabilities/business-capabilities/order-shipping/order-shipping.html
 */
export function carrierCodeOf(carrier: string): string | undefined {
  if (/^\w+$/.test(carrier)) return carrier.toUpperCase()
  const name = Object.keys(CODES).find((known) => carrier.startsWith(known))
  return name === undefined ? undefined : CODES[name]
}
