import { createPrivateKey, randomBytes, sign } from 'node:crypto'

/** What `wx.requestPayment` takes. */
export type RequestPayment = {
  /** Seconds since 1970. */
  timeStamp: string
  nonceStr: string
  /** `prepay_id=…` */
  package: string
  signType: 'RSA'
  paySign: string
}

export type Signer = {
  /** @returns the Authorization header of a call. @param target path and query, as sent */
  authorization(method: string, target: string, body: string): string
  requestPayment(appId: string, prepayId: string): RequestPayment
}

/**
 * Signs with the merchant's key: RSASSA-PKCS1-v1_5 with SHA-256 over lines, each of which, also the
 * last, ends with a line feed. The key is imported once.
 * @throws where the key is not an RSA key
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012365336 (calls)
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012365341 (wx.requestPayment)
 */
export function createSigner(
  { mchId, mchSerial, privateKey }: { mchId: string; mchSerial: string; privateKey: string },
  now: () => number = Date.now,
): Signer {
  const key = createPrivateKey(privateKey)
  if (key.asymmetricKeyType !== 'rsa') throw new Error('the merchant key is not an RSA key')
  const signLines = (...lines: string[]) =>
    sign('sha256', Buffer.from(lines.map((line) => `${line}\n`).join('')), key).toString('base64')
  const stamp = () => ({
    timestamp: `${Math.floor(now() / 1000)}`,
    nonce: randomBytes(16).toString('hex'),
  })

  return {
    authorization(method, target, body) {
      const { timestamp, nonce } = stamp()
      const fields = {
        mchid: mchId,
        nonce_str: nonce,
        signature: signLines(method, target, timestamp, nonce, body),
        timestamp,
        serial_no: mchSerial,
      }
      const list = Object.entries(fields).map(([name, value]) => `${name}="${value}"`)
      return `WECHATPAY2-SHA256-RSA2048 ${list.join(',')}`
    },
    requestPayment(appId, prepayId) {
      const { timestamp, nonce } = stamp()
      const packed = `prepay_id=${prepayId}`
      return {
        timeStamp: timestamp,
        nonceStr: nonce,
        package: packed,
        signType: 'RSA',
        paySign: signLines(appId, timestamp, nonce, packed),
      }
    },
  }
}
