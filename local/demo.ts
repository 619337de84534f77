// `npm run demo`: plays one shopper's whole journey against the running stack.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { runningEndpoints } from './lib/endpoints.ts'
import { optionsOf } from './lib/options.ts'

const HELP = `Usage: npm run demo [-- --orders N]

Plays one shopper's journey against the running stack (npm start) and prints each step with its time:
signs in, looks around, orders, watches the stock job, cancels, and has an admin send a campaign.
At the end N orders (200) are placed one after the other, and the time to their 202 is printed.`

const options = optionsOf(HELP, { orders: { type: 'string', default: '200' } })
const ORDERS = Number(options.orders)
if (!Number.isInteger(ORDERS) || ORDERS < 0 || ORDERS > 10_000) {
  console.error('minimall: --orders takes a whole number from 0 to 10000')
  process.exit(1)
}

const { api, ses } = runningEndpoints()
type Answer<T> = {
  status: number
  data: T
  code: number
  message: string
  handlerMs: number
  ms: number
}
type Extra = { token?: string; body?: unknown; key?: string }

async function call<T = Record<string, unknown>>(
  method: string,
  path: string,
  extra: Extra = {},
): Promise<Answer<T>> {
  const started = performance.now()
  const response = await fetch(`${api}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(extra.token === undefined ? {} : { authorization: `Bearer ${extra.token}` }),
      ...(extra.key === undefined ? {} : { 'idempotency-key': extra.key }),
    },
    ...(extra.body === undefined ? {} : { body: JSON.stringify(extra.body) }),
  })
  const envelope = (await response.json()) as Omit<Answer<T>, 'status' | 'handlerMs' | 'ms'>
  const handlerMs = Number(/dur=([\d.]+)/.exec(response.headers.get('server-timing') ?? '')?.[1])
  return { ...envelope, status: response.status, handlerMs, ms: performance.now() - started }
}

function expect(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise)
}

let failures = 0
/** Runs a step and prints what it says, with its time. Later steps that lean on it fail as well. */
async function step<T>(name: string, work: () => Promise<[said: string, result: T]>): Promise<T> {
  const started = performance.now()
  const time = () => `${(performance.now() - started).toFixed(0).padStart(6)} ms`
  try {
    const [said, result] = await work()
    console.log(`✓ ${time()}  ${name}: ${said}`)
    return result
  } catch (error) {
    failures++
    console.log(`✗ ${time()}  ${name}: ${(error as Error).message}`)
    throw error
  }
}

async function until<T>(ask: () => Promise<T>, done: (value: T) => boolean): Promise<T> {
  const end = performance.now() + 30_000
  for (;;) {
    const value = await ask()
    if (done(value)) return value
    expect(performance.now() < end, 'nothing after 30 s')
    await sleep(50)
  }
}

type Tokens = { accessToken: string; refreshToken: string; user: { id: string; role: string } }
type Sku = { id: string; title: string; priceFen: number; stock: number }
type Product = { id: string; title: string; skus: Sku[] }
type Order = { orderId: string; status: string; totalFen: number; expiresAt: string }
type Stock = { received: number; sold: number; held: number; available: number }

const yuan = (fen: number) => `¥${(fen / 100).toFixed(2)}`

async function login(name: string): Promise<Tokens> {
  const { status, data, message } = await call<Tokens>('POST', '/api/auth/login', {
    body: { code: `mock:${name}:${randomUUID()}` },
  })
  expect(status === 200, `${status} ${message}`)
  return data
}

async function journey(): Promise<void> {
  await step('health', async () => {
    const { status, data } = await call<{ status: string }>('GET', '/api/health').catch(() => {
      throw new Error(`nothing answers at ${api}. Start the stack in another terminal: npm start`)
    })
    expect(status === 200, `answered ${status}`)
    return [data.status, undefined]
  })
  const shopper = await step('sign in with a code of wx.login', async () => {
    const tokens = await login('demo')
    return [`user ${tokens.user.id}`, tokens]
  })
  const token = shopper.accessToken
  await step('change the nickname', async () => {
    const { data } = await call('PATCH', '/api/user/info', { token, body: { nickname: '小明' } })
    expect(data?.nickname === '小明', 'the new nickname is not there')
    const { data: profile } = await call('GET', '/api/user/info', { token })
    expect(profile?.nickname === '小明', 'the profile still has the old one')
    return ['小明', undefined]
  })
  await step('categories', async () => {
    const { data } = await call<{ name: string }[]>('GET', '/api/categories')
    return [data.map(({ name }) => name).join('、'), undefined]
  })
  const hot = await step('best sellers', async () => {
    const { data } = await call<{ items: Product[] }>('GET', '/api/products?sort=sales&limit=3')
    const [first] = data.items
    expect(first !== undefined, 'the catalogue is empty')
    return [data.items.map(({ title }) => title).join('、'), first]
  })
  const product = await step('product page', async () => {
    const { data } = await call<Product>('GET', `/api/products/${hot.id}`)
    return [
      `${data.title}, ${data.skus.length} SKUs from ${yuan(data.skus[0]?.priceFen ?? 0)}`,
      data,
    ]
  })
  const admin = await step('an admin signs in', async () => {
    const tokens = await login('admin')
    expect(tokens.user.role === 'admin', 'is no admin')
    return [tokens.user.role, tokens.accessToken]
  })
  const [sku] = product.skus
  expect(sku !== undefined, 'the product has no SKU')
  const stock = async () =>
    (await call<Stock>('GET', `/api/admin/skus/${sku.id}/stock`, { token: admin })).data
  await step('a delivery is booked', async () => {
    const body = { delta: ORDERS + 10, reason: 'demo' }
    const { data } = await call<Stock>('POST', `/api/admin/skus/${sku.id}/stock`, {
      token: admin,
      body,
    })
    return [`${data.available} available`, undefined]
  })
  const before = await stock()
  const key = randomUUID()
  const items = [{ skuId: sku.id, quantity: 2 }]
  const order = await step('place an order', async () => {
    const { status, data, message } = await call<Order>('POST', '/api/orders', {
      token,
      key,
      body: { items },
    })
    expect(status === 202, `${status} ${message}`)
    return [`${data.orderId} ${data.status}, ${yuan(data.totalFen)}`, data]
  })
  await step('the same key again', async () => {
    const { data } = await call<Order>('POST', '/api/orders', { token, key, body: { items } })
    expect(data.orderId === order.orderId, 'made a second order')
    return ['the same order', undefined]
  })
  const read = () => call<Order>('GET', `/api/orders/${order.orderId}`, { token })
  await step('read it at once', async () => [(await read()).data.status, undefined])
  await step('the stock job persists it', async () => {
    const { data } = await until(read, ({ data: { status } }) => status !== 'pending')
    expect(data.status === 'unpaid', `became ${data.status}`)
    return [data.status, undefined]
  })
  await step('the books balance', async () => {
    const { received, sold, held, available } = await stock()
    expect(received === sold + held + available, 'they do not')
    expect(available === before.available - 2, 'stock was not taken')
    return [
      `${received} received = ${sold} sold + ${held} held + ${available} available`,
      undefined,
    ]
  })
  await step('cancel it', async () => {
    const { data } = await call<Order>('POST', `/api/orders/${order.orderId}/cancel`, { token })
    expect(data?.status === 'cancelled', 'was not cancelled')
    expect((await stock()).available === before.available, 'stock was not given back')
    return [`${data.status}, stock given back`, undefined]
  })
  await step('a campaign reaches three inboxes', async () => {
    const id = randomUUID().slice(0, 8)
    const emails = ['a', 'b', 'c'].map((name) => `${name}-${id}@example.com`)
    const subject = `双十一 ${id}`
    const body = { subject, html: '<h1>全场八折</h1>', text: '全场八折', audience: { emails } }
    const made = await call<{ id: string }>('POST', '/api/admin/campaigns', { token: admin, body })
    const path = `/api/admin/campaigns/${made.data.id}`
    const ask = () => call<{ state: string; sent: number }>('GET', path, { token: admin })
    const { data } = await until(ask, ({ data: { state } }) => state === 'done')
    const inbox = (await (await fetch(`${ses}/store`)).json()) as { emails: { subject: string }[] }
    const arrived = inbox.emails.filter((mail) => mail.subject === subject).length
    expect(arrived === 3, `${arrived} arrived`)
    return [`${data.sent} sent, ${arrived} arrived, see ${ses}`, undefined]
  })
  await step('queues', async () => {
    const { data } = await call<{ name: string; visible: number; deadLetters: number }[]>(
      'GET',
      '/api/admin/queues',
      { token: admin },
    )
    return [
      data.map(({ name, visible, deadLetters }) => `${name} ${visible}/${deadLetters}`).join(', '),
      undefined,
    ]
  })
  if (ORDERS > 0) await measure(token, sku.id)
  await step('sign out', async () => {
    const { status } = await call('POST', '/api/auth/logout', { token })
    expect(status === 200, `answered ${status}`)
    const { code } = await until(
      () => call('GET', '/api/user/info', { token }),
      (answer) => answer.status === 401,
    )
    return [`then ${code}`, undefined]
  })
}

/** The time to the 202 of orders placed one after the other: over HTTP, and within the handler. */
async function measure(token: string, skuId: string): Promise<void> {
  await step(`${ORDERS} orders, one after the other`, async () => {
    const answers: Answer<Order>[] = []
    for (let i = 0; i < ORDERS; i++) {
      const body = { items: [{ skuId, quantity: 1 }] }
      const answer = await call<Order>('POST', '/api/orders', { token, key: randomUUID(), body })
      expect(answer.status === 202, `${answer.status} ${answer.message}`)
      answers.push(answer)
    }
    const quantiles = (values: number[]) => {
      const sorted = values.toSorted((a, b) => a - b)
      const at = (q: number) =>
        sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0
      return `p50 ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms`
    }
    const handler = quantiles(answers.map(({ handlerMs }) => handlerMs))
    return [`handler ${handler}; over HTTP ${quantiles(answers.map(({ ms }) => ms))}`, undefined]
  })
}

try {
  await journey()
} catch (error) {
  // A failed step has printed itself; anything else has not.
  if (failures === 0) {
    failures++
    console.error(`✗ ${(error as Error).message}`)
  }
}
console.log(failures === 0 ? 'demo passed' : 'demo failed')
process.exitCode = failures === 0 ? 0 : 1
