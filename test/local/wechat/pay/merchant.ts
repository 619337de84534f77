import {
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  randomBytes,
  sign,
  verify,
  X509Certificate,
} from 'node:crypto'
import { bodyOf, type Listening, listen } from '../../../../local/lib/http.ts'
import type { WeChat } from '../../../../local/wechat/server.ts'

export type Json = Record<string, unknown>
export type Reply = { status: number; headers: Headers; body: Json; text: string }
type Sealed = { ciphertext: string; nonce: string; associated_data: string }
type Over = Partial<{
  mchid: string
  serial: string
  nonce: string
  timestamp: number
  signature: string
  privateKey: string
  authorization: string
  signedTarget: string
  contentType: string
}>

/** A merchant as the protocol describes it, written with node:crypto only: no code of the stand-in. */
export class Merchant {
  readonly #wechat: WeChat
  readonly #now: () => number
  /** Keys that may sign, by their serial. */
  readonly trusted = new Map<string, string>()

  constructor(wechat: WeChat, now: () => number = Date.now) {
    this.#wechat = wechat
    this.#now = now
    const { publicKeyId, publicKey } = wechat.pay
    this.trusted.set(publicKeyId, publicKey)
  }

  /** Calls the API without looking at the signature of the answer. */
  async send(method: string, target: string, body?: unknown, over: Over = {}): Promise<Reply> {
    const response = await this.#fetch(method, target, body, over)
    const answer = await response.text()
    const json = response.headers.get('content-type')?.startsWith('application/json') ?? false
    return {
      status: response.status,
      headers: response.headers,
      text: answer,
      body: json ? (JSON.parse(answer) as Json) : {},
    }
  }

  /** Fetches a file, which is not signed. */
  async download(target: string): Promise<{ headers: Headers; bytes: Buffer }> {
    const response = await this.#fetch('GET', target, undefined, {})
    return { headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) }
  }

  #fetch(method: string, target: string, body: unknown, over: Over): Promise<Response> {
    const { mchId, mchSerial, mchPrivateKey } = this.#wechat.pay
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
    const timestamp = over.timestamp ?? Math.floor(this.#now() / 1000)
    const nonce = over.nonce ?? randomBytes(16).toString('hex')
    const message = `${method}\n${over.signedTarget ?? target}\n${timestamp}\n${nonce}\n${text}\n`
    const key = createPrivateKey(over.privateKey ?? mchPrivateKey)
    const signature =
      over.signature ?? sign('RSA-SHA256', Buffer.from(message), key).toString('base64')
    const fields = {
      mchid: over.mchid ?? mchId,
      nonce_str: nonce,
      signature,
      timestamp,
      serial_no: over.serial ?? mchSerial,
    }
    const list = Object.entries(fields).map(([name, value]) => `${name}="${value}"`)
    return fetch(`${this.#wechat.url}${target}`, {
      method,
      headers: {
        accept: 'application/json',
        authorization: over.authorization ?? `WECHATPAY2-SHA256-RSA2048 ${list.join(',')}`,
        ...(text === '' ? {} : { 'content-type': over.contentType ?? 'application/json' }),
      },
      ...(text === '' ? {} : { body: text }),
    })
  }

  /** Calls the API. @throws where the answer is not signed by a trusted key */
  async call(method: string, target: string, body?: unknown): Promise<Reply> {
    const reply = await this.send(method, target, body)
    if (!this.isSigned(reply.headers, reply.text)) throw new Error(`not signed: ${reply.text}`)
    return reply
  }

  /** Fetches the certificates, and trusts them from now on. @returns their serials */
  async trust(): Promise<string[]> {
    const { body, headers, text } = await this.send('GET', '/v3/certificates')
    const serials = (body.data as { serial_no: string; encrypt_certificate: Sealed }[]).map(
      ({ serial_no, encrypt_certificate }) => {
        const certificate = new X509Certificate(this.open(encrypt_certificate))
        const spki = certificate.publicKey.export({ type: 'spki', format: 'pem' }) as string
        this.trusted.set(serial_no, spki)
        return serial_no
      },
    )
    if (!this.isSigned(headers, text))
      throw new Error('the certificates are not signed by one of them')
    return serials
  }

  /** Decrypts AEAD_AES_256_GCM. @throws where it was not encrypted with the merchant's key */
  open({ ciphertext, nonce, associated_data }: Sealed): string {
    const bytes = Buffer.from(ciphertext, 'base64')
    const decipher = createDecipheriv('aes-256-gcm', this.#wechat.pay.apiV3Key, nonce)
    decipher.setAAD(Buffer.from(associated_data))
    decipher.setAuthTag(bytes.subarray(-16))
    return decipher.update(bytes.subarray(0, -16)).toString('utf8') + decipher.final('utf8')
  }

  /** Whether a trusted key signed this body, at most five minutes ago. */
  isSigned(headers: Headers, body: string): boolean {
    const header = (name: string) => headers.get(`wechatpay-${name}`) ?? ''
    const key = this.trusted.get(header('serial'))
    const age = Math.abs(this.#now() / 1000 - Number(header('timestamp')))
    if (key === undefined || age > 300) return false
    const message = `${header('timestamp')}\n${header('nonce')}\n${body}\n`
    const signature = Buffer.from(header('signature'), 'base64')
    return verify('RSA-SHA256', Buffer.from(message), createPublicKey(key), signature)
  }

  prepayBody(outTradeNo: string, over: Json = {}): Json {
    return {
      appid: this.#wechat.appId,
      mchid: this.#wechat.pay.mchId,
      description: '订单',
      out_trade_no: outTradeNo,
      notify_url: 'http://127.0.0.1:9/notify',
      amount: { total: 1990, currency: 'CNY' },
      payer: { openid: this.#wechat.openidOf('小明') },
      ...over,
    }
  }

  prepay(outTradeNo: string, over: Json = {}): Promise<Reply> {
    return this.call('POST', '/v3/pay/transactions/jsapi', this.prepayBody(outTradeNo, over))
  }

  query(outTradeNo: string): Promise<Reply> {
    const { mchId } = this.#wechat.pay
    return this.call('GET', `/v3/pay/transactions/out-trade-no/${outTradeNo}?mchid=${mchId}`)
  }

  close(outTradeNo: string): Promise<Reply> {
    const { mchId: mchid } = this.#wechat.pay
    return this.call('POST', `/v3/pay/transactions/out-trade-no/${outTradeNo}/close`, { mchid })
  }

  refund(outTradeNo: string, outRefundNo: string, refund: number, over: Json = {}): Promise<Reply> {
    return this.call('POST', '/v3/refund/domestic/refunds', {
      out_trade_no: outTradeNo,
      out_refund_no: outRefundNo,
      amount: { refund, total: 1990, currency: 'CNY' },
      ...over,
    })
  }

  /** One of the calls under /mock/. */
  async mock(path: string, body: unknown): Promise<{ status: number; body: Json }> {
    const response = await fetch(`${this.#wechat.url}/mock/${path}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as Json }
  }
}

export type Received = { headers: Headers; body: string; at: number }

/** A shop that listens for notices. `status` is what it answers next. */
export class Shop {
  readonly received: Received[] = []
  status = 204
  #front: Listening | undefined
  #waiting: (() => void)[] = []

  async start(): Promise<this> {
    this.#front = await listen(async (request, response) => {
      const body = (await bodyOf(request)).toString('utf8')
      const headers = new Headers(request.headers as Record<string, string>)
      this.received.push({ headers, body, at: performance.now() })
      response.writeHead(this.status)
      response.end(this.status === 204 ? '' : '{"code":"FAIL","message":"no"}')
      for (const wake of this.#waiting.splice(0)) wake()
    })
    return this
  }

  get url(): string {
    return `${this.#front?.url}/notify`
  }

  /** Waits until so many notices have come. */
  async until(count: number): Promise<Received[]> {
    while (this.received.length < count) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    return this.received
  }

  async stop(): Promise<void> {
    await this.#front?.stop()
  }
}
