import { createPublicKey, webcrypto } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decrypt } from '../../../../shared/platform/wechat/pay/decrypt.ts'
import { createSigner } from '../../../../shared/platform/wechat/pay/sign.ts'
import { SignatureRefused, verifySignature } from '../../../../shared/platform/wechat/pay/verify.ts'
import {
  API_V3_KEY,
  APP_ID,
  anyText,
  MCH_ID,
  MCH_SERIAL,
  merchant,
  publicKey,
  signed,
} from '../../../support/wechat-pay.ts'

// WebCrypto is an implementation of its own over the same primitives: what both agree on is not a
// slip in how one of them is called.
const { subtle } = webcrypto
const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
const spki = createPublicKey(merchant.privateKey).export({ format: 'der', type: 'spki' })
const merchantKey = await subtle.importKey('spki', spki, RSA, false, ['verify'])
const isMerchants = (text: string, signature: string) =>
  subtle.verify(RSA.name, merchantKey, Buffer.from(signature, 'base64'), Buffer.from(text))

const NOW = 1_732_450_000_500
const signer = createSigner(
  {
    mchId: MCH_ID,
    mchSerial: MCH_SERIAL,
    privateKey: merchant.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  },
  () => NOW,
)
const HEADER =
  /^WECHATPAY2-SHA256-RSA2048 mchid="(\d+)",nonce_str="([\da-f]{32})",signature="([\w+/=]+)",timestamp="(\d+)",serial_no="([\dA-F]+)"$/

describe('a signature of ours', () => {
  it('is over method, path with query, time, nonce and body', async () => {
    const target = fc.nat().map((n) => `/v3/x/${n}?a=%20${n}`)
    await fc.assert(
      fc.asyncProperty(target, anyText, async (target, text) => {
        const body = text.toWellFormed()
        const header = signer.authorization('POST', target, body)
        const [, mchId, nonce, signature = '', time, serial] = HEADER.exec(header) ?? []
        expect({ mchId, time, serial }).toEqual({
          mchId: MCH_ID,
          time: '1732450000',
          serial: MCH_SERIAL,
        })
        expect(await isMerchants(`POST\n${target}\n${time}\n${nonce}\n${body}\n`, signature)).toBe(
          true,
        )
        expect(await isMerchants(`POST\n${target}\n${time}\n${nonce}\n${body}`, signature)).toBe(
          false,
        )
      }),
      { numRuns: 20 },
    )
  })

  it('for wx.requestPayment is over app, time, nonce and package', async () => {
    const { nonceStr, paySign } = signer.requestPayment(APP_ID, 'wx-1')
    const text = `${APP_ID}\n1732450000\n${nonceStr}\nprepay_id=wx-1\n`
    expect(await isMerchants(text, paySign)).toBe(true)
  })

  it('needs an RSA key', () => {
    const privateKey = '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----'
    expect(() => createSigner({ mchId: MCH_ID, mchSerial: MCH_SERIAL, privateKey })).toThrow()
  })
})

describe('a signature of WeChat Pay', () => {
  const keyOf = () => publicKey.publicKey

  it('counts only in its one form of base64', async () => {
    const headers = signed('{}')
    const signature = headers['wechatpay-signature'] ?? ''
    await verifySignature(headers, Buffer.from('{}'), keyOf, Date.now())
    const sameBytes = [
      signature.replace(/.==$/, (end) => `${String.fromCharCode(end.charCodeAt(0) + 1)}==`),
      signature.replace(/=+$/, ''),
      `${signature} `,
      signature.replaceAll('+', '-').replaceAll('/', '_').replace('==', ''),
    ]
    for (const other of sameBytes) {
      const changed = { ...headers, 'wechatpay-signature': other }
      await expect(
        verifySignature(changed, Buffer.from('{}'), keyOf, Date.now()),
        other,
      ).rejects.toBeInstanceOf(SignatureRefused)
    }
  })

  it('over an empty body counts too, and over none of our bytes is changed on the way', async () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x0a])
    for (const body of [Buffer.alloc(0), bytes]) {
      await verifySignature(signed(body), body, keyOf, Date.now())
    }
    const asText = Buffer.from(bytes.toString())
    await expect(verifySignature(signed(bytes), asText, keyOf, Date.now())).rejects.toThrow()
  })
})

it('opens what AES-GCM has sealed, and nothing shorter', async () => {
  const key = await subtle.importKey('raw', Buffer.from(API_V3_KEY), 'AES-GCM', false, ['encrypt'])
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array(),
      fc.string({ maxLength: 16 }),
      fc.string({ minLength: 12, maxLength: 12, unit: 'grapheme-ascii' }),
      async (plain, associated_data, nonce) => {
        const additionalData = Buffer.from(associated_data)
        const sealed = await subtle.encrypt(
          { name: 'AES-GCM', iv: Buffer.from(nonce), additionalData },
          key,
          new Uint8Array(plain),
        )
        const box = { algorithm: 'AEAD_AES_256_GCM', nonce, associated_data } as const
        const open = (bytes: Buffer) =>
          decrypt(API_V3_KEY, { ...box, ciphertext: bytes.toString('base64') })
        expect(open(Buffer.from(sealed))).toEqual(Buffer.from(plain))
        expect(() => open(Buffer.from(sealed).subarray(1))).toThrow()
        expect(() => open(Buffer.from(sealed).subarray(0, 12))).toThrow()
        expect(() => open(Buffer.alloc(0))).toThrow()
      },
    ),
    { numRuns: 30 },
  )
})
