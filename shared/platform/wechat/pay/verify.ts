import { type KeyObject, verify } from 'node:crypto'

/** Headers with names in lower case, as API Gateway and `fetch` give them. */
export type SignatureHeaders = Readonly<Record<string, string | undefined>>

/** @returns the key of a serial number or public key id; undefined: WeChat Pay has none of that name */
export type KeyOf = (serial: string) => Promise<KeyObject | undefined> | KeyObject | undefined

/** What is wrong with a signature; the message may be told to the sender. */
export class SignatureRefused extends Error {
  override readonly name = 'SignatureRefused'
}

/** Clocks may differ by this much, both ways; what is older may be a replay. */
const MAX_SKEW_SECONDS = 300
/** WeChat Pay sends signatures that are wrong on purpose, to see whether merchants check. */
const PROBE = 'WECHATPAY/SIGNTEST/'
/** No line breaks: they would let a part of the nonce pass for a part of the body. */
const NONCE = /^[\x21-\x7e]{1,128}$/
const SERIAL = /^(?:[\dA-Fa-f]{8,64}|PUB_KEY_ID_\w{1,64})$/

/**
 * Checks WeChat Pay's signature on a notice or an answer.
 * @param body the bytes as received, before anything has parsed them
 * @throws SignatureRefused; what `keyOf` throws
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013053420 (platform certificates)
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013053249 (public key)
 */
export async function verifySignature(
  headers: SignatureHeaders,
  body: Uint8Array,
  keyOf: KeyOf,
  now: number,
): Promise<void> {
  const timestamp = headers['wechatpay-timestamp'] ?? ''
  const nonce = headers['wechatpay-nonce'] ?? ''
  const serial = headers['wechatpay-serial'] ?? ''
  const signature = headers['wechatpay-signature'] ?? ''
  if (signature.startsWith(PROBE)) throw new SignatureRefused('signature is a probe')
  const bytes = decodeBase64(signature)
  const wellFormed = NONCE.test(nonce) && SERIAL.test(serial) && /^\d{1,12}$/.test(timestamp)
  if (!wellFormed || bytes === undefined) {
    throw new SignatureRefused('signature headers are missing or malformed')
  }
  if (Math.abs(now / 1000 - Number(timestamp)) > MAX_SKEW_SECONDS) {
    throw new SignatureRefused('timestamp is not within five minutes')
  }
  const key = await keyOf(serial)
  if (key === undefined) throw new SignatureRefused('serial is not known')
  const signed = Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), body, Buffer.from('\n')])
  if (!verify('sha256', signed, key, bytes)) throw new SignatureRefused('signature does not match')
}

/** @returns the bytes, or undefined where the text is not their one canonical form (Node takes others) */
function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return text !== '' && bytes.toString('base64') === text ? bytes : undefined
}
