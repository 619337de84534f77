import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { inject } from 'vitest'
import { expectContract } from './contract.ts'
import type { Call } from './handlers.ts'
import { unpacked } from './unpacked.ts'

export type Answer<Data = never> = {
  status: number
  headers: Headers
  body: { code: number; message: string; data: Data; traceId: string; details?: unknown }
}
type Options = {
  token?: string
  body?: unknown
  /** A body that is not made JSON. */
  raw?: string
  headers?: Record<string, string>
}

let handlers: Call | undefined

/** From now on calls go straight to the handlers, not over HTTP. */
export function useHandlers(call: Call): void {
  handlers = call
}

/**
 * Sends a request over HTTP, or to the handler where the tests run without the stack.
 * @throws where the answer is not as the contract says
 */
export async function send(method: string, path: string, options: Options = {}): Promise<Response> {
  const { token, body, raw = body === undefined ? undefined : JSON.stringify(body) } = options
  const { headers = {} } = options
  const request = {
    method,
    headers: {
      ...(raw === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(raw === undefined ? {} : { body: raw }),
  }
  const response =
    handlers === undefined
      ? await fetch(`${inject('endpoints').api}${path}`, request)
      : await handlers({ path, ...request })
  const { status } = response
  const text = await textOf(response.clone())
  expectContract(method, path, { status, headers: response.headers, text }, inject('seen'))
  return response
}

/** fetch unpacks; a handler's answer comes as it is. */
async function textOf(response: Response): Promise<string> {
  const coding = handlers === undefined ? undefined : response.headers.get('content-encoding')
  return unpacked(coding, Buffer.from(await response.arrayBuffer()))
}

/** Calls the API as a mini-program would. */
export async function call<Data = never>(
  method: string,
  path: string,
  options: Options = {},
): Promise<Answer<Data>> {
  const response = await send(method, path, options)
  const { status, headers } = response
  return { status, headers, body: JSON.parse(await textOf(response)) }
}

export type Tokens = {
  accessToken: string
  refreshToken: string
  expiresIn: number
  user: { id: string; role: string; nickname: string }
}

/** Signs in as somebody; the same name is the same user. */
export async function login(name: string): Promise<Tokens> {
  const code = `mock:${name}:${randomUUID()}`
  const { status, body } = await call<Tokens>('POST', '/api/auth/login', { body: { code } })
  if (status !== 200) throw new Error(`login answered ${status}: ${body.message}`)
  return body.data
}

export type Product = { id: string; skus: { id: string; priceFen: number; stock: number }[] }

/** Adds a product with one SKU. @returns the SKU's id */
export async function newSku(admin: string, stock: number, limitPerUser?: number): Promise<string> {
  const categories = await call<{ id: string }[]>('GET', '/api/categories')
  const { status, body } = await call<Product>('POST', '/api/admin/products', {
    token: admin,
    body: {
      title: `测试商品 ${randomUUID().slice(0, 8)}`,
      categoryId: categories.body.data[0]?.id,
      skus: [{ title: '默认', priceFen: 1990, stock, ...(limitPerUser ? { limitPerUser } : {}) }],
    },
  })
  if (status !== 201) throw new Error(`product answered ${status}: ${JSON.stringify(body)}`)
  return body.data.skus[0]?.id ?? ''
}

export type Order = { orderId: string; status: string; totalFen: number; expiresAt: string }

/** Places an order of one SKU. */
export function order(
  token: string,
  skuId: string,
  options: { quantity?: number; key?: string; couponId?: string } = {},
) {
  const { quantity = 1, key = randomUUID(), couponId } = options
  return call<Order>('POST', '/api/orders', {
    token,
    body: { items: [{ skuId, quantity }], ...(couponId === undefined ? {} : { couponId }) },
    headers: { 'idempotency-key': key },
  })
}

/** Asks again and again until the answer is the wanted one. @throws after 30 s, with the last answer */
export async function until<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  const end = performance.now() + 30_000
  for (;;) {
    const answer = await ask()
    if (wanted(answer)) return answer
    if (performance.now() > end) throw new Error(`still ${JSON.stringify(answer)}`)
    await sleep(50)
  }
}

export type StockView = Record<'received' | 'sold' | 'held' | 'available', number>

export async function stockOf(admin: string, skuId: string): Promise<StockView> {
  const { body } = await call<StockView>('GET', `/api/admin/skus/${skuId}/stock`, { token: admin })
  return body.data
}

/** What the payer does at WeChat, and what WeChat then sends; see the stand-in's /mock/pay. */
export async function payAtWechat(
  outTradeNo: string,
  how: { times?: number; tamper?: string; delayMs?: number } = {},
): Promise<{ status: number; deliveries: { status: number }[] }> {
  const response = await fetch(`${inject('endpoints').wechat}/mock/pay`, {
    method: 'POST',
    body: JSON.stringify({ outTradeNo, ...how }),
  })
  const { deliveries = [] } = (await response.json()) as { deliveries?: { status: number }[] }
  return { status: response.status, deliveries }
}

/** Places an order and pays it. @returns its id */
export async function paidOrder(token: string, skuId: string, quantity = 1): Promise<string> {
  const { orderId } = (await order(token, skuId, { quantity })).body.data
  const { status } = await call('POST', `/api/orders/${orderId}/pay`, { token })
  if (status !== 200) throw new Error(`pay answered ${status}`)
  const { deliveries } = await payAtWechat(orderId)
  if (deliveries[0]?.status !== 200) throw new Error(`notice: ${JSON.stringify(deliveries)}`)
  return orderId
}
