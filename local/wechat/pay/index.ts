import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Mock } from '../mock.ts'
import { Bills } from './bill.ts'
import { type ControlReply, mockPay, mockRotate } from './controls.ts'
import { PayError } from './errors.ts'
import { PayKeys } from './keys.ts'
import { Ledger, type Order, type PaidOrder, type Refund } from './ledger.ts'
import { Notifier } from './notices.ts'
import { checkClose, checkMerchant, prepayOf, refundOf } from './requests.ts'
import { signatureHeaders, verifyRequest } from './signature.ts'
import { type Merchant, refundNotice, refundView, transactionView } from './views.ts'

/** So long a refund is on its way. */
const REFUND_MILLIS = 300

type Json = Record<string, unknown>
type PayCall = {
  params: Record<string, string>
  query: URLSearchParams
  body: unknown
  base: string
}
/** JSON is signed; a file is not, as at WeChat. */
type PayReply = { status: number; json?: Json; file?: Buffer }
type Route = (call: PayCall) => PayReply
type Control = (body: unknown) => Promise<ControlReply>

/** WeChat Pay API v3: what the stand-in needs of it, as parts of its server. */
export type Pay = {
  keys: PayKeys
  /** Method and path of everything that it answers. */
  routes: string[]
  owns(path: string): boolean
  answer(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void>
  stop(): void
}

/**
 * A stand-in for WeChat Pay API v3: its paths, statuses, codes and bodies, its signatures both ways, its
 * notices. Keys, orders and refunds are kept in `dir`.
 * @param now the time, in milliseconds
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791911
 */
export async function startPay(options: {
  dir: string
  appId: string
  mock: Mock
  now: () => number
}): Promise<Pay> {
  const { dir, appId, mock, now } = options
  const keys = await PayKeys.open(dir, now())
  const ledger = new Ledger(join(dir, 'ledger.jsonl'))
  const stopping = new AbortController()
  const notifier = new Notifier(keys, now, stopping.signal)
  const merchant: Merchant = { appId, mchId: keys.mchId }
  const bills = new Bills(ledger, merchant)

  const ok = (json: Json): PayReply => ({ status: 200, json })
  const paidOrder = (outTradeNo: string) => ledger.order(outTradeNo) as PaidOrder
  const refundReply = (refund: Refund) => ok(refundView(paidOrder(refund.outTradeNo), refund))
  const orderReply = (order: Order) => ok(transactionView(merchant, order, ledger.stateOf(order)))

  /** The money goes its way, and the shop hears when it is there. */
  async function complete({ outRefundNo }: Refund): Promise<void> {
    await sleep(REFUND_MILLIS, undefined, { ref: false, signal: stopping.signal })
    const refund = ledger.completeRefund(outRefundNo, now())
    if (refund.notifyUrl === undefined) return
    await notifier.deliver({
      id: refund.noticeId,
      event: 'REFUND.SUCCESS',
      createdAt: refund.succeededAt ?? refund.createdAt,
      url: refund.notifyUrl,
      content: refundNotice(merchant, paidOrder(refund.outTradeNo), refund),
    })
  }
  // Rejects only when the stand-in stops; the next start goes on.
  const completeLater = (refund: Refund) => void complete(refund).catch(() => {})
  for (const refund of ledger.processing()) completeLater(refund)

  const routes: Record<string, Route> = {
    'POST /v3/pay/transactions/jsapi': ({ body }) =>
      ok({ prepay_id: ledger.prepay(prepayOf(body, keys, appId), now()).prepayId }),
    'GET /v3/pay/transactions/out-trade-no/{no}': ({ params, query }) => {
      checkMerchant(keys, query.get('mchid'))
      return orderReply(ledger.order(params.no ?? ''))
    },
    'GET /v3/pay/transactions/id/{id}': ({ params, query }) => {
      checkMerchant(keys, query.get('mchid'))
      return orderReply(ledger.orderByTransaction(params.id ?? ''))
    },
    'POST /v3/pay/transactions/out-trade-no/{no}/close': ({ params, body }) => {
      checkClose(body, keys)
      ledger.close(params.no ?? '')
      return { status: 204 }
    },
    'POST /v3/refund/domestic/refunds': ({ body }) => {
      const request = refundOf(body)
      const known = ledger.hasRefund(request.outRefundNo)
      const refund = ledger.refund(request, now())
      if (!known) completeLater(refund)
      return refundReply(refund)
    },
    'GET /v3/refund/domestic/refunds/{no}': ({ params }) =>
      refundReply(ledger.findRefund(params.no ?? '')),
    'GET /v3/certificates': () => ok(keys.certificates()),
    'GET /v3/bill/tradebill': ({ query, base }) => ok(bills.link(query, base, now())),
    'GET /v3/billdownload/file': ({ query }) => ({
      status: 200,
      file: bills.download(query.get('token'), now()),
    }),
  }
  const controls: Record<string, Control> = {
    'POST /mock/pay': (body) => mockPay({ ledger, notifier, merchant, now: now() }, body),
    'POST /mock/rotate': (body) => mockRotate(keys, now(), body),
  }

  async function reply(request: IncomingMessage, url: URL, text: string): Promise<PayReply> {
    const { method = 'GET', headers, url: target = '/' } = request
    const fault = await mock.record(method, url)
    if (fault === 'error') throw new PayError('SYSTEM_ERROR', '系统异常，请稍后重试')
    if (fault !== undefined) throw injected(fault)
    verifyRequest(keys, { method, target, authorization: headers.authorization, body: text }, now())
    if (text !== '' && !/^application\/json\b/.test(headers['content-type'] ?? '')) {
      throw new PayError('PARAM_ERROR', '请求头Content-Type应为application/json')
    }
    const { route, params } = find(routes, method, url.pathname)
    const base = `http://${headers.host}`
    return route({ params, query: url.searchParams, body: parsed(text), base })
  }

  async function answer(request: IncomingMessage, response: ServerResponse, bytes: Buffer) {
    const url = new URL(request.url ?? '/', 'http://wechat')
    const text = bytes.toString('utf8')
    const control = controls[`${request.method} ${url.pathname}`]
    if (control !== undefined) {
      const { status, body } = await control(text === '' ? {} : jsonOf(text))
      response.writeHead(status, JSON_TYPE).end(JSON.stringify(body))
      return
    }
    const { status, json, file } = await reply(request, url, text).catch(refusal)
    if (file !== undefined) {
      response.writeHead(status, { 'content-type': 'text/plain' }).end(file)
      return
    }
    const body = json === undefined ? '' : JSON.stringify(json)
    response
      .writeHead(status, { ...(body && JSON_TYPE), ...signatureHeaders(keys, body, now()) })
      .end(body)
  }

  const paths = [...Object.keys(routes), ...Object.keys(controls)]
  return {
    keys,
    routes: paths,
    owns: (path) => path.startsWith('/v3/') || paths.some((route) => route.endsWith(` ${path}`)),
    answer,
    stop: () => stopping.abort(),
  }
}

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }

function find(routes: Record<string, Route>, method: string, path: string) {
  for (const [name, route] of Object.entries(routes)) {
    const found = new RegExp(`^${name.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`).exec(
      `${method} ${path}`,
    )
    if (found !== null) return { route, params: { ...found.groups } }
  }
  throw new PayError('RESOURCE_NOT_EXISTS', '请求的接口不存在')
}

/** A code of WeChat Pay as it is; one of api.weixin.qq.com says nothing here. */
function injected({ errcode, errmsg }: { errcode: number | string; errmsg: string }): PayError {
  return new PayError(typeof errcode === 'string' ? errcode : 'SYSTEM_ERROR', errmsg)
}

function refusal(error: unknown): PayReply {
  if (!(error instanceof PayError)) throw error
  const { status, code, message, detail } = error
  return { status, json: { code, message, ...(detail === undefined ? {} : { detail }) } }
}

/** @returns undefined where it is no JSON, which no schema takes */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function parsed(text: string): unknown {
  const body = jsonOf(text)
  if (text !== '' && body === undefined) throw new PayError('PARAM_ERROR', '请求体不是合法的JSON')
  return body
}
