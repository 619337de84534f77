import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { codes, type Data } from '../../client/src/index.ts'
import { discountOf as estimateOf } from '../../examples/miniprogram/lib/coupon.ts'
import { type CouponRules, discountOf } from '../../shared/domain/coupons/coupon.ts'
import { SAMPLE, startSample } from './miniprogram.ts'
import { down, ok, refusal } from './shop.ts'
import type { Answered, Sent } from './wx.ts'
import { readTemplate } from './wxml.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

const json = (path: string) => JSON.parse(readFileSync(join(SAMPLE, path), 'utf8'))
const app = json('app.json') as { pages: string[]; tabBar: { list: { pagePath: string }[] } }

describe('the project', () => {
  it('is complete: each page has its four files, each tab and each link its page', () => {
    for (const page of app.pages)
      for (const kind of ['ts', 'wxml', 'wxss', 'json'])
        expect(existsSync(join(SAMPLE, `${page}.${kind}`)), `${page}.${kind}`).toBe(true)
    for (const { pagePath } of app.tabBar.list) expect(app.pages).toContain(pagePath)
    for (const page of app.pages) {
      const source = readFileSync(join(SAMPLE, `${page}.ts`), 'utf8')
      for (const [, target] of source.matchAll(/['`]\/(pages\/\w+\/\w+)/g))
        expect(app.pages, page).toContain(target)
    }
    expect(json('project.config.json')).toMatchObject({
      compileType: 'miniprogram',
      setting: { useCompilerPlugins: ['typescript'], urlCheck: false },
    })
    expect(existsSync(join(SAMPLE, 'miniprogram_npm/minimall-client/index.js'))).toBe(true)
  })

  it.each(app.pages)(
    '%s shows only what its page has, and calls only what it can',
    async (path) => {
      const { definition } = await definitionOf(path)
      const wxml = readFileSync(join(SAMPLE, `${path}.wxml`), 'utf8')
      const { handlers, names, components } = readTemplate(wxml)
      expect(Object.keys(definition.data)).toEqual(expect.arrayContaining(names))
      for (const handler of handlers) expect(definition[handler], handler).toBeTypeOf('function')
      expect(['status']).toEqual(expect.arrayContaining(components))
      // No page is blank while it loads or when that failed.
      expect(components).toContain('status')
    },
  )

  async function definitionOf(path: string) {
    const definitions: ({ data: object } & Record<string, unknown>)[] = []
    await startSample({ network: async () => down() })
    vi.stubGlobal('Page', (definition: (typeof definitions)[number]) =>
      definitions.push(definition),
    )
    await import(/* @vite-ignore */ join(SAMPLE, `${path}.ts`))
    const [definition] = definitions
    if (definition === undefined) throw new Error(`${path} defines no page`)
    return { definition }
  }
})

const CARD = { id: '1', title: '茶', categoryId: '1', priceFen: 1990, sales: 3 }
const ADDRESS = {
  id: '9',
  name: '小明',
  phone: '00000000000',
  province: '江苏省',
  city: '无锡市',
  district: '滨湖区',
  detail: '1 号',
  isDefault: true,
}
const LINE = {
  skuId: '7',
  productId: '1',
  title: '茶',
  skuTitle: '50 克',
  priceFen: 1990,
  quantity: 2,
}
const CART = { items: [{ ...LINE, selected: true, onSale: true }], totalFen: 3980 }
const GRANT = { accessToken: 'a', refreshToken: 'r', expiresIn: 900, user: { id: '1' } }
const order = (status: Data<'GET /api/orders/{id}'>['status']) => ({
  orderId: '01M86GV80BMD3F28TSQAC89J0C',
  status,
  itemsFen: 3980,
  discountFen: 0,
  totalFen: 3980,
  items: [LINE],
  createdAt: '2026-11-24T08:00:00.000Z',
  expiresAt: '2026-11-24T08:15:00.000Z',
  history: [{ status, at: '2026-11-24T08:00:00.000Z' }],
})

/** A shop that answers by route. */
const shopOf = (answers: Record<string, (sent: Sent) => Answered>) => async (sent: Sent) => {
  const { pathname } = new URL(sent.url)
  const answer = answers[`${sent.method} ${pathname}`]
  if (answer !== undefined) return answer(sent)
  if (pathname === '/api/auth/login') return ok(GRANT)
  throw new Error(`unexpected ${sent.method} ${pathname}`)
}

describe('a page', () => {
  it('says what is wrong and can be tried again', async () => {
    let answer: () => Answered = () => refusal(50001)
    const network = shopOf({ 'GET /api/home': () => answer() })
    const { openPage } = await startSample({ network })
    const home = await openPage('home')
    expect(home.data).toMatchObject({ state: 'failed', problem: expect.stringContaining('50001') })
    answer = () => ok({ banners: [], categories: [], featured: [CARD], flashSales: [] })
    await home.tap('refresh')
    expect(home.data).toMatchObject({
      state: 'ready',
      problem: '',
      featured: [{ id: '1', price: '¥19.90', image: '' }],
    })
  })

  it('keeps what it shows when a later refresh fails', async () => {
    let works = true
    const network = shopOf({ 'GET /api/cart': () => (works ? ok(CART) : refusal(50001)) })
    const { openPage, toasts } = await startSample({ network })
    const cart = await openPage('cart')
    works = false
    await cart.show()
    expect(cart.data).toMatchObject({ state: 'ready', total: '¥39.80', canCheckOut: true })
    expect(toasts).toHaveLength(1)
  })

  it('shows the last of several answers, in whatever order they come', async () => {
    const waiting: (() => void)[] = []
    const network = async ({ url }: Sent) => {
      const { searchParams } = new URL(url)
      await new Promise<void>((resolve) => waiting.push(resolve))
      const items = [{ ...CARD, title: searchParams.get('sort') }]
      return ok({ items, nextCursor: null })
    }
    const { openPage } = await startSample({ network })
    const opening = openPage('list', { q: encodeURIComponent('茶') })
    await vi.waitFor(() => expect(waiting).toHaveLength(1))
    waiting[0]?.()
    const list = await opening
    const first = list.tap('sortBy', { sort: 'sales' })
    const second = list.tap('sortBy', { sort: 'price_asc' })
    await vi.waitFor(() => expect(waiting).toHaveLength(3))
    waiting[2]?.()
    await second
    waiting[1]?.()
    await first
    expect(list.data).toMatchObject({ sort: 'price_asc', items: [{ title: 'price_asc' }] })
  })

  it('goes on where a list goes on, and stops at its end', async () => {
    const network = shopOf({
      'GET /api/products': ({ url }) =>
        new URL(url).searchParams.get('cursor') === 'next'
          ? ok({ items: [{ ...CARD, id: '2' }], nextCursor: null })
          : ok({ items: [CARD], nextCursor: 'next' }),
    })
    const { openPage, sent, titles } = await startSample({ network })
    const list = await openPage('list', { category: '1', name: encodeURIComponent('茶与咖啡') })
    await list.tap('onReachBottom')
    await list.tap('onReachBottom')
    expect(list.data.items).toMatchObject([{ id: '1' }, { id: '2' }])
    expect([sent.length, titles]).toEqual([2, ['茶与咖啡']])
  })
})

describe('checking out', () => {
  const body = { items: [{ skuId: '7', quantity: 2 }], addressId: '9' }

  it('sends the same order again under the same key, another one under another', async () => {
    let answer: () => Answered = () => refusal(codes.internalError)
    const network = shopOf({
      'GET /api/cart': () => ok(CART),
      'GET /api/addresses': () => ok([ADDRESS]),
      'GET /api/user/coupons': () => ok({ items: [], nextCursor: null }),
      'POST /api/orders': () => answer(),
      'DELETE /api/cart/items/7': () => ok({ items: [], totalFen: 0 }),
    })
    const { openPage, sent, toasts, opened } = await startSample({ network })
    const page = await openPage('checkout')
    expect(page.data).toMatchObject({ total: '¥39.80', address: { id: '9' } })
    await page.tap('submit')
    expect(toasts).toHaveLength(1)
    await page.tap('submit')
    await page.input('setRemark', ' 谢谢 ')
    answer = () => ok({ orderId: '01M8', status: 'pending' })
    await page.tap('submit')
    const orders = sent.filter(({ url }) => url.endsWith('/api/orders'))
    expect(orders.map((request) => request.body)).toEqual([body, body, { ...body, remark: '谢谢' }])
    const keys = orders.map(({ headers }) => headers['Idempotency-Key'])
    expect(keys[1]).toBe(keys[0])
    expect(keys[2]).not.toBe(keys[0])
    expect(sent.at(-1)).toMatchObject({ method: 'DELETE' })
    expect(opened).toEqual(['/pages/pay/pay?id=01M8'])
  })

  it('sends one order for two taps', async () => {
    const network = shopOf({
      'GET /api/cart': () => ok(CART),
      'GET /api/addresses': () => ok([ADDRESS]),
      'GET /api/user/coupons': () => ok({ items: [], nextCursor: null }),
      'POST /api/orders': () => ok({ orderId: '01M8', status: 'pending' }),
      'DELETE /api/cart/items/7': () => refusal(codes.notFound),
    })
    const { openPage, sent, opened } = await startSample({ network })
    const page = await openPage('checkout')
    await Promise.all([page.tap('submit'), page.tap('submit')])
    expect(sent.filter(({ url }) => url.endsWith('/api/orders'))).toHaveLength(1)
    expect(opened).toEqual(['/pages/pay/pay?id=01M8'])
  })

  it('says that it is out of stock', async () => {
    const network = shopOf({
      'GET /api/cart': () => ok(CART),
      'GET /api/addresses': () => ok([ADDRESS]),
      'GET /api/user/coupons': () => ok({ items: [], nextCursor: null }),
      'POST /api/orders': () => refusal(codes.outOfStock),
    })
    const { openPage, toasts } = await startSample({ network })
    await (await openPage('checkout')).tap('submit')
    expect(toasts).toEqual(['库存不足，请减少数量'])
  })
})

it('a coupon is shown to take off what the shop takes off', () => {
  const fen = fc.integer({ min: 1, max: 100_000 })
  const terms = fc.oneof(
    fc.record({ kind: fc.constant('amount' as const), amountFen: fen }),
    fc.record(
      {
        kind: fc.constant('percent' as const),
        percentOff: fc.integer({ min: 1, max: 99 }),
        maxDiscountFen: fen,
      },
      { requiredKeys: ['kind', 'percentOff'] },
    ),
  )
  const day = (n: number) => new Date(Date.UTC(2026, 10, n)).toISOString()
  const property = fc.property(
    terms,
    fc.nat({ max: 100_000 }),
    fen,
    fc.integer({ min: 1, max: 5 }),
    (terms, thresholdFen, itemsFen, today) => {
      const validity = { validFrom: day(2), validUntil: day(4) }
      const coupon: CouponRules = { id: '1', name: '', ...terms, thresholdFen, ...validity }
      const now = new Date(day(today))
      const discount = discountOf(coupon, itemsFen, now)
      const real = 'discountFen' in discount ? discount.discountFen : 0
      expect(estimateOf(coupon, itemsFen, now.getTime())).toBe(real)
    },
  )
  fc.assert(property, { numRuns: 1_000 })
})

it.each([
  ['unpaid', { canPay: true, canCancel: true, canConfirm: false, canRefund: false }],
  ['shipped', { canPay: false, canCancel: false, canConfirm: true, canRefund: true }],
  ['completed', { canPay: false, canCancel: false, canConfirm: false, canRefund: true }],
] as const)('an order that is %s offers what can be done with it', async (status, actions) => {
  const network = shopOf({ 'GET /api/orders/01M8': () => ok(order(status)) })
  const { openPage } = await startSample({ network })
  const page = await openPage('order', { id: '01M8' })
  expect(page.data).toMatchObject({ state: 'ready', total: '¥39.80', ...actions })
})

describe("a developer's stand-ins for WeChat", () => {
  const network = shopOf({ 'GET /api/cart': () => ok(CART) })
  const local = ['http://localhost:3000']
  const code = () => 'code-of-wechat'

  it.each([
    ['the development version, at this machine', 'develop', local, /^mock:demo:/],
    ['a version for testers', 'trial', local, /^code-of-wechat$/],
    ['the released version', 'release', local, /^code-of-wechat$/],
    ['any other address', 'develop', ['https://shop.example'], /^code-of-wechat$/],
    ['a name that looks local', 'develop', ['http://localhost.example'], /^code-of-wechat$/],
  ] as const)('sign in: %s', async (_, version, baseUrls, wanted) => {
    const { openPage, sent } = await startSample({
      network,
      version,
      baseUrls: [...baseUrls],
      code,
    })
    await openPage('cart')
    expect(sent[0]?.body).toEqual({ code: expect.stringMatching(wanted) })
  })
})
