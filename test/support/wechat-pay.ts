import {
  createCipheriv,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import type { WechatPayConfig } from '../../shared/platform/wechat/pay/index.ts'

export const API_V3_KEY = '0123456789abcdef0123456789abcdef'
export const APP_ID = 'wx0123456789abcdef'
export const MCH_ID = '1900000109'
export const MCH_SERIAL = '1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C'
export const PUBLIC_KEY_ID = 'PUB_KEY_ID_0000000000000024101100397200000006'

type Key = { serial: string; privateKey: KeyObject; publicKey: KeyObject }
export const rsaKey = (serial = randomBytes(20).toString('hex').toUpperCase()): Key => ({
  serial,
  ...generateKeyPairSync('rsa', { modulusLength: 2048 }),
})
export const merchant = rsaKey(MCH_SERIAL)
export const publicKey = rsaKey(PUBLIC_KEY_ID)

const pem = (key: KeyObject) =>
  key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' }) as string

/** A merchant with the public key, and no platform certificates. */
export function configOf(options: Partial<WechatPayConfig> & { url: string }): WechatPayConfig {
  return {
    appId: APP_ID,
    mchId: MCH_ID,
    mchSerial: MCH_SERIAL,
    privateKey: pem(merchant.privateKey),
    apiV3Key: API_V3_KEY,
    publicKey: { id: PUBLIC_KEY_ID, pem: pem(publicKey.publicKey) },
    apiUrl: 'https://shop.example.com/',
    ...options,
  }
}

/** The same merchant before the switch: platform certificates only. */
export function certificateConfigOf(
  options: Partial<WechatPayConfig> & { url: string },
): WechatPayConfig {
  const { publicKey: _, ...config } = configOf(options)
  return config
}

/** Any text, with halves of characters in it. (fast-check's own unit `binary` takes seconds to set up.) */
export const anyText = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0x7f }),
      fc.integer({ min: 0, max: 0xffff }),
      fc.integer({ min: 0, max: 0x10ffff }),
    ),
    { maxLength: 200 },
  )
  .map((points) => String.fromCodePoint(...points))

/** Signs a body as WeChat Pay does. @param at seconds since 1970 */
export function signed(
  body: string | Buffer,
  {
    key = publicKey,
    at = Math.floor(Date.now() / 1000),
    nonce = randomBytes(16).toString('hex'),
  } = {},
): Record<string, string> {
  const text = Buffer.concat([
    Buffer.from(`${at}\n${nonce}\n`),
    Buffer.from(body),
    Buffer.from('\n'),
  ])
  return {
    'wechatpay-timestamp': `${at}`,
    'wechatpay-nonce': nonce,
    'wechatpay-serial': key.serial,
    'wechatpay-signature': sign('sha256', text, key.privateKey).toString('base64'),
    'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
  }
}

/** Seals a text as WeChat Pay does. */
export function sealed(text: string, aad: string, key = API_V3_KEY) {
  const nonce = randomBytes(6).toString('hex')
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(aad))
  const bytes = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()])
  return {
    algorithm: 'AEAD_AES_256_GCM',
    ciphertext: bytes.toString('base64'),
    nonce,
    associated_data: aad,
  }
}

export const paid = {
  appid: APP_ID,
  mchid: MCH_ID,
  out_trade_no: '01JDEXAMPLE0000000000000001',
  transaction_id: '4200000000202611241234567890',
  trade_type: 'JSAPI',
  trade_state: 'SUCCESS',
  trade_state_desc: '支付成功',
  success_time: '2026-11-24T20:00:01+08:00',
  payer: { openid: 'o-payer' },
  amount: { total: 1999, payer_total: 1999, currency: 'CNY', payer_currency: 'CNY' },
}

export const refunded = {
  mchid: MCH_ID,
  out_trade_no: paid.out_trade_no,
  transaction_id: paid.transaction_id,
  out_refund_no: '01JDEXAMPLE0000000000000002',
  refund_id: '50000000382019052709732678859',
  refund_status: 'SUCCESS',
  success_time: '2026-11-24T21:00:00+08:00',
  user_received_account: '招商银行信用卡0403',
  amount: { total: 1999, refund: 500, payer_total: 1999, payer_refund: 500 },
}

/** The body of a notice. */
export function notice(
  resource: object,
  event = 'TRANSACTION.SUCCESS',
  kind = 'transaction',
  key = API_V3_KEY,
): string {
  return JSON.stringify({
    id: 'EV-2018022511223320873',
    create_time: '2026-11-24T20:00:02+08:00',
    resource_type: 'encrypt-resource',
    event_type: event,
    summary: '支付成功',
    resource: { original_type: kind, ...sealed(JSON.stringify(resource), kind, key) },
  })
}

/** An entry of /v3/certificates for a key. */
export function listed(key: Key, from: Date, until: Date, apiV3Key = API_V3_KEY) {
  return {
    serial_no: key.serial,
    effective_time: from.toISOString(),
    expire_time: until.toISOString(),
    encrypt_certificate: sealed(certificateOf(key, from, until), 'certificate', apiV3Key),
  }
}

/** A self-signed X.509 certificate (version 1, RFC 5280), PEM. */
export function certificateOf(
  { serial, privateKey, publicKey }: Key,
  from: Date,
  until: Date,
): string {
  const tagged = (tag: number, ...parts: Buffer[]) => {
    const body = Buffer.concat(parts)
    const { length } = body
    const size = length < 128 ? [length] : [0x82, length >> 8, length & 0xff]
    return Buffer.concat([Buffer.from([tag, ...size]), body])
  }
  const sequence = (...parts: Buffer[]) => tagged(0x30, ...parts)
  const time = (date: Date) =>
    tagged(0x18, Buffer.from(`${date.toISOString().slice(0, 19).replace(/[-T:]/g, '')}Z`))
  const algorithm = Buffer.from('300d06092a864886f70d01010b0500', 'hex')
  const content = sequence(
    tagged(0x02, Buffer.from(`00${serial}`, 'hex').subarray(serial < '8' ? 1 : 0)),
    algorithm,
    sequence(),
    sequence(time(from), time(until)),
    sequence(),
    publicKey.export({ format: 'der', type: 'spki' }),
  )
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', content, privateKey)])
  const der = sequence(content, algorithm, tagged(0x03, signature))
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`
}

/** A call as the fake got it; its signature was right. */
export type Received = {
  method: string
  target: string
  headers: IncomingMessage['headers']
  body: Record<string, unknown>
}
export type Say = {
  status?: number
  body?: unknown
  headers?: Record<string, string>
  key?: Key
  unsigned?: true
  /** Hangs up in place of an answer. */
  dead?: true
}

/** WeChat Pay for one test file: checks the signature of each call, and answers what `say` says. */
export async function startFake() {
  const received: Received[] = []
  const fake = {
    url: '',
    received,
    /** Its clock. */
    now: () => Date.now(),
    say: (_: Received): Say | Promise<Say> => ({ status: 404, body: { code: 'NO_ROUTE' } }),
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const raw = Buffer.concat(chunks).toString()
    const { method = '', url: target = '', headers } = request
    if (!isSigned(method, target, headers.authorization ?? '', raw, fake.now())) {
      response.writeHead(401).end('{"code":"SIGN_ERROR","message":"x"}')
      return
    }
    const call = { method, target, headers, body: raw === '' ? {} : JSON.parse(raw) }
    received.push(call)
    const said = await fake.say(call)
    if (said.dead) return void response.destroy()
    const { status = 200, body = '', key = publicKey } = said
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    response
      .writeHead(status, { ...(said.unsigned ? {} : signed(text, { key })), ...said.headers })
      .end(text)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return fake
}
export type Fake = Awaited<ReturnType<typeof startFake>>

/** Takes an Authorization header apart and verifies it, independently of the code that made it. */
export function isSigned(
  method: string,
  target: string,
  header: string,
  body: string,
  now: number,
): boolean {
  const [scheme, list = ''] = header.split(' ')
  const field = (name: string) => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(list)?.[1] ?? ''
  const text = `${method}\n${target}\n${field('timestamp')}\n${field('nonce_str')}\n${body}\n`
  return (
    scheme === 'WECHATPAY2-SHA256-RSA2048' &&
    field('mchid') === MCH_ID &&
    field('serial_no') === MCH_SERIAL &&
    Math.abs(now / 1000 - Number(field('timestamp'))) < 60 &&
    verify(
      'sha256',
      Buffer.from(text),
      createPublicKey(merchant.privateKey),
      Buffer.from(field('signature'), 'base64'),
    )
  )
}
