import { randomUUID } from 'node:crypto'
import { afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { startSample } from '../client/miniprogram.ts'
import { realNetwork } from '../client/wx.ts'
import { call, login, newSku, type Product, until } from '../support/client.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

/** The sample mini-program on the local stack, in the hands of a new user. */
const start = () => {
  const { api = '', wechat = '' } = inject('endpoints')
  return startSample({
    network: realNetwork,
    baseUrls: [api],
    development: { user: `sample-${randomUUID()}`, standIn: wechat },
  })
}

const HAS_ID = { id: expect.stringMatching(/^\d+$/) }

let productId: string
let skuId: string
beforeAll(async () => {
  skuId = await newSku((await login('admin')).accessToken, 100)
  const { body } = await call<{ items: Product[] }>('GET', '/api/products?limit=100')
  for (const { id } of body.data.items) {
    const product = (await call<Product>('GET', `/api/products/${id}`)).body.data
    if (product.skus.some((sku) => sku.id === skuId)) productId = id
  }
})

describe('the sample mini-program', () => {
  it('shows the first screen, a category and what a search finds', async () => {
    const { openPage, opened } = await start()
    const home = await openPage('home')
    expect(home.data).toMatchObject({ state: 'ready', problem: '' })
    const [category] = home.data.categories as { id: string; name: string }[]
    await home.tap('openCategory', category)
    await home.input('search', ' 茶 ')
    const queries = opened.map((url) => Object.fromEntries(new URL(url, 'wx://app').searchParams))
    for (const query of queries) {
      const list = await openPage('list', query)
      expect((list.data.items as unknown[]).length).toBeGreaterThan(0)
      await list.tap('sortBy', { sort: 'price_asc' })
      expect(list.data).toMatchObject({ state: 'ready', sort: 'price_asc' })
    }
  })

  it('leads from a product over the cart to an order, and cancels it', async () => {
    const { openPage, opened, toasts } = await start()
    const product = await openPage('product', { id: productId })
    expect(product.data).toMatchObject({ state: 'ready', sku: { id: skuId, price: '¥19.90' } })
    await product.tap('step', { by: 1 })
    await product.tap('addToCart')
    await product.tap('addToCart')
    expect(toasts).toEqual(['已加入购物车', '已加入购物车'])

    const cart = await openPage('cart')
    expect(cart.data).toMatchObject({ total: '¥79.60', items: [{ skuId, quantity: 4 }] })
    await cart.tap('step', { id: skuId, by: -1 })
    await cart.tap('toggle', { id: skuId })
    expect(cart.data).toMatchObject({ total: '¥0.00', canCheckOut: false })
    await cart.tap('toggle', { id: skuId })
    expect(cart.data).toMatchObject({ total: '¥59.70', canCheckOut: true })

    const checkout = await openPage('checkout')
    expect(checkout.data).toMatchObject({ total: '¥59.70', address: { id: '' } })
    await checkout.tap('chooseAddress')
    await vi.waitFor(() => expect(checkout.data).toMatchObject({ busy: false, address: HAS_ID }))
    await checkout.input('setRemark', '请尽快发货')
    await checkout.tap('submit')
    const [, id = ''] = /^\/pages\/pay\/pay\?id=(\w{26})$/.exec(opened.at(-1) ?? '') ?? []
    expect(id).not.toBe('')
    await cart.show()
    expect(cart.data.items).toEqual([])

    const order = await openPage('order', { id })
    await until(
      async () => {
        await order.show()
        return order.data
      },
      ({ status }) => status === '待付款',
    )
    expect(order.data).toMatchObject({ total: '¥59.70', canPay: true, remark: '请尽快发货' })
    await order.tap('cancel')
    expect(order.data).toMatchObject({ status: '已取消', canPay: false, canCancel: false })
    const orders = await openPage('orders')
    expect(orders.data.items).toMatchObject([{ id, status: '已取消', count: 3, canPay: false }])
    await orders.tap('show', { status: 'unpaid' })
    expect(orders.data).toMatchObject({ state: 'ready', items: [] })
  })

  it('takes a coupon, buys at once with it, pays, and asks for the money back', async () => {
    const { openPage, opened, toasts } = await start()
    const coupons = await openPage('coupons')
    type Offer = { id: string; name: string; claimable: boolean }
    const offers = coupons.data.items as Offer[]
    const tenth = offers.find(({ name }) => name.startsWith('9折'))
    await coupons.tap('claim', { id: tenth?.id })
    expect(toasts).toEqual(['领取成功'])

    const product = await openPage('product', { id: productId })
    await product.tap('buyNow')
    const query = Object.fromEntries(new URL(opened.at(-1) ?? '', 'wx://app').searchParams)
    const checkout = await openPage('checkout', query)
    expect(checkout.data).toMatchObject({ total: '¥17.91', coupon: { discountFen: 199 } })
    await checkout.input('chooseCoupon', '0')
    expect(checkout.data).toMatchObject({ total: '¥19.90' })
    await checkout.input('chooseCoupon', '1')
    await checkout.tap('chooseAddress')
    await vi.waitFor(() => expect(checkout.data).toMatchObject({ busy: false, address: HAS_ID }))
    await checkout.tap('submit')

    const { searchParams } = new URL(opened.at(-1) ?? '', 'wx://app')
    const id = searchParams.get('id') ?? ''
    const pay = await openPage('pay', { id })
    expect(pay.data).toMatchObject({
      total: '¥17.91',
      canPay: true,
      left: expect.stringMatching(/^1[45]:/),
    })
    await pay.tap('pay')
    pay.close()
    expect(pay.data).toMatchObject({ status: '待发货', isPaid: true, canPay: false })

    const order = await openPage('order', { id })
    expect(order.data).toMatchObject({ discount: '-¥1.99', total: '¥17.91', canRefund: true })
    await order.tap('askRefund')
    expect(order.data).toMatchObject({ status: '退款中', canRefund: false })
  })
})
