import { randomBytes, sign, verify } from 'node:crypto'
import { PayError } from './errors.ts'
import type { PayKeys } from './keys.ts'

const SCHEME = 'WECHATPAY2-SHA256-RSA2048'
const TOLERANCE_SECONDS = 300
const SHOWN = 256

export type SignedRequest = {
  method: string
  /** Path and query, as they came. */
  target: string
  authorization: string | undefined
  body: string
}

const lines = (...parts: string[]) => parts.map((part) => `${part}\n`).join('')

/**
 * Checks the merchant's signature.
 * @throws PayError SIGN_ERROR, with WeChat's words for each cause
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012365336
 */
export function verifyRequest(keys: PayKeys, request: SignedRequest, now: number): void {
  const [scheme, ...rest] = (request.authorization ?? '').split(' ')
  const fields = Object.fromEntries(
    [...rest.join(' ').matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value]) => [name, value]),
  )
  const { mchid, serial_no, nonce_str, timestamp, signature } = fields
  if (!mchid || !serial_no || !nonce_str || !signature || !/^\d{1,12}$/.test(timestamp ?? '')) {
    throw refused('Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》')
  }
  if (scheme !== SCHEME) throw refused('Http头Authorization认证类型不正确')
  if (mchid !== keys.mchId) throw refused('商户未申请过证书。')
  if (serial_no !== keys.mchSerial) {
    throw refused('商户证书序列号有误。请使用签名私钥匹配的证书序列号')
  }
  if (Math.abs(now / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) {
    throw refused('Http头Authorization中的timestamp与发起请求的时间不得超过5分钟')
  }
  const { method, target, body } = request
  const message = lines(method, target, timestamp ?? '', nonce_str, body)
  const bytes = Buffer.from(signature, 'base64')
  if (verify('sha256', Buffer.from(message), keys.mchPublicKey, bytes)) return
  throw new PayError('SIGN_ERROR', '错误的签名，验签失败', {
    field: 'signature',
    issue: 'sign not match',
    location: 'authorization',
    sign_information: {
      method,
      url: target,
      truncated_sign_message: message.slice(0, SHOWN).replaceAll('\n', '\\n'),
      sign_message_length: Buffer.byteLength(message),
    },
  })
}

const refused = (message: string) => new PayError('SIGN_ERROR', message)

/**
 * Signs an answer or a notice as WeChat Pay does.
 * @returns the headers that carry the signature
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012365338
 */
export function signatureHeaders(keys: PayKeys, body: string, now: number): Record<string, string> {
  const { serial, privateKey } = keys.signer
  const timestamp = `${Math.floor(now / 1000)}`
  const nonce = randomBytes(16).toString('hex')
  const signature = sign('sha256', Buffer.from(lines(timestamp, nonce, body)), privateKey)
  return {
    'request-id': `08${randomBytes(16).toString('hex').toUpperCase()}`,
    'wechatpay-nonce': nonce,
    'wechatpay-serial': serial,
    'wechatpay-signature': signature.toString('base64'),
    'wechatpay-signature-type': SCHEME,
    'wechatpay-timestamp': timestamp,
  }
}
