import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { bodyOf, listen } from '../lib/http.ts'
import { keptSecret, randomSecret } from '../lib/secrets.ts'
import type { App, Call, Reply } from './app.ts'
import { Mock } from './mock.ts'
import { type Pay, startPay } from './pay/index.ts'
import { phoneNumber } from './phone.ts'
import { session } from './session.ts'
import { uploadShipping } from './shipping.ts'
import { subscribeMessage, subscriptions } from './subscribe.ts'
import { textCheck } from './text-check.ts'
import { AccessTokens, stableToken } from './token.ts'

export type WeChat = {
  url: string
  appId: string
  appSecret: string
  /** The openid that the login code `mock:NAME:NONCE` leads to. */
  openidOf(name: string): string
  /** Keys and numbers of the shop at WeChat Pay. */
  pay: Pay['keys']
  stop(): Promise<void>
}

/** WeChat's openids have 28 characters and begin with an o. */
const openidOf = (name: string) =>
  `o${createHash('sha256').update(name).digest('base64url').slice(0, 27)}`

const isOpenid = (openid: unknown) => typeof openid === 'string' && /^o[\w-]{27}$/.test(openid)

/** Calls that need the app's access token. */
function withToken(app: App, handle: (call: Call) => Reply): (call: Call) => Reply {
  return (call) => app.tokens.refusal(call.query.get('access_token')) ?? handle(call)
}

/**
 * A stand-in for api.weixin.qq.com: its paths, its error codes, and its habit of answering errors
 * with status 200; and for WeChat Pay. App id, secret, used codes and payments are kept in `dir`.
 * @param options.now the time at WeChat Pay, for tests
 */
export async function startWechat(options: {
  dir: string
  port?: number
  now?: () => number
}): Promise<WeChat> {
  const { dir, port, now = Date.now } = options
  mkdirSync(dir, { recursive: true })
  const appId = keptSecret(join(dir, 'app-id'), () => `wx${randomSecret().slice(0, 16)}`)
  const appSecret = keptSecret(join(dir, 'app-secret'))
  const mock = new Mock()
  const pay = await startPay({ dir: join(dir, 'pay'), appId, mock, now })
  const tokens = new AccessTokens()
  const app: App = {
    appId,
    appSecret,
    tokens,
    openidOf,
    isOpenid,
    useCode: usedCodes(join(dir, 'used-codes')),
    unsubscribed: new Set(),
    note: (entry) => mock.note(entry),
  }
  const routes: Record<string, (call: Call) => Reply> = {
    'GET /sns/jscode2session': (call) => session(app, call),
    'POST /cgi-bin/stable_token': (call) => stableToken(app, call),
    'POST /wxa/business/getuserphonenumber': withToken(app, (call) => phoneNumber(app, call)),
    'POST /wxa/msg_sec_check': withToken(app, (call) => textCheck(app, call)),
    'POST /cgi-bin/message/subscribe/send': withToken(app, (call) => subscribeMessage(app, call)),
    'POST /wxa/sec/order/upload_shipping_info': withToken(app, uploadShipping(app)),
  }
  const controls: Record<string, (body: Record<string, unknown>) => Reply> = {
    'POST /mock/faults': (body) => mock.setFault(body),
    'GET /mock/calls': () => ({ calls: mock.calls }),
    'POST /mock/expire-token': () => tokens.expire(),
    'POST /mock/subscriptions': (body) => subscriptions(app, body),
    'GET /mock/messages': () => ({ messages: mock.messages }),
    'GET /': () => ({
      what: "minimall's stand-in for WeChat and WeChat Pay, on this machine only",
      routes: [...Object.keys({ ...routes, ...controls }), ...pay.routes],
      bodies: {
        '/mock/pay': {
          outTradeNo: 'ORDER_ID',
          'times?': 1,
          'tamper?': 'signature|body|timestamp|amount',
          'delayMs?': 0,
        },
        '/mock/faults': {
          'path?': '/sns/jscode2session',
          'latencyMs?': 500,
          'errorRate?': 0.5,
          'errcode?': -1,
        },
        '/mock/rotate': { 'to?': 'certificate|public-key' },
        '/mock/subscriptions': { name: 'NAME of mock:NAME:NONCE', accepts: false },
        '/mock/expire-token': {},
      },
      codes: { 'wx.login': 'mock:NAME:NONCE', getPhoneNumber: 'phone:13800138000:NONCE' },
    }),
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://wechat')
    const bytes = await bodyOf(request)
    if (pay.owns(url.pathname)) return pay.answer(request, response, bytes)
    const raw = bytes.toString('utf8')
    let body: Record<string, unknown>
    try {
      body = raw === '' ? {} : JSON.parse(raw)
    } catch {
      return send(response, { errcode: 47001, errmsg: 'data format error' })
    }
    const route = `${request.method} ${url.pathname}`
    const control = controls[route]
    if (control !== undefined) return send(response, control(body))
    const fault = await mock.record(request.method ?? 'GET', url)
    if (fault === 'error') {
      response.writeHead(500).end('system error')
      return
    }
    if (fault !== undefined) return send(response, fault)
    const handle = routes[route]
    if (handle === undefined) {
      response.writeHead(404).end()
      return
    }
    send(response, handle({ query: url.searchParams, body }))
  }

  const server = await listen((request, response) => {
    void answer(request, response).catch(() => response.destroy())
  }, port)
  const stop = () => {
    pay.stop()
    return server.stop()
  }
  return { url: server.url, appId, appSecret, openidOf, pay: pay.keys, stop }
}

/** WeChat calls its JSON plain text. */
function send(response: ServerResponse, reply: Reply): void {
  response
    .writeHead(200, { 'content-type': 'text/plain; charset=utf-8' })
    .end(JSON.stringify(reply))
}

function usedCodes(path: string): (code: string) => boolean {
  const used = new Set(existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [])
  return (code) => {
    if (used.has(code)) return false
    used.add(code)
    appendFileSync(path, `${code}\n`)
    return true
  }
}
