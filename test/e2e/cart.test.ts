import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { call, login, newSku } from '../support/client.ts'

type Cart = { items: { skuId: string; quantity: number; selected: boolean }[]; totalFen: number }

let admin: string
let token: string
beforeAll(async () => {
  admin = (await login('admin')).accessToken
  token = (await login(`cart-${randomUUID()}`)).accessToken
})

const path = (skuId: string) => `/api/cart/items/${skuId}`
const put = (skuId: string, body: object, as = token) =>
  call<Cart>('PUT', path(skuId), { token: as, body })

describe('the cart', () => {
  it('adds, changes, selects and removes lines, and counts what is selected', async () => {
    expect((await call<Cart>('GET', '/api/cart', { token })).body.data).toEqual({
      items: [],
      totalFen: 0,
    })
    const [a, b] = [await newSku(admin, 5), await newSku(admin, 5)]
    expect((await put(a, { quantity: 2 })).body.data).toMatchObject({
      items: [{ skuId: a, quantity: 2, selected: true, priceFen: 1990, onSale: true }],
      totalFen: 3980,
    })
    expect((await put(b, { quantity: 1, selected: false })).body.data.totalFen).toBe(3980)
    // A changed quantity leaves the selection alone.
    expect((await put(b, { quantity: 3 })).body.data.totalFen).toBe(3980)
    const selected = await put(b, { quantity: 3, selected: true })
    expect(selected.body.data.totalFen).toBe(3980 + 5970)
    expect(selected.body.data.items.map(({ skuId }) => skuId)).toEqual([b, a])
    const removed = await call<Cart>('DELETE', path(a), { token })
    expect(removed.body.data.items.map(({ skuId }) => skuId)).toEqual([b])
    expect((await call('DELETE', path(a), { token })).body.code).toBe(40401)
  })

  it('is one for each user', async () => {
    const sku = await newSku(admin, 5)
    await put(sku, { quantity: 1 })
    const other = (await login(`cart-${randomUUID()}`)).accessToken
    expect((await call('DELETE', path(sku), { token: other })).body.code).toBe(40401)
    expect((await call<Cart>('GET', '/api/cart', { token: other })).body.data.items).toEqual([])
    const mine = await call<Cart>('GET', '/api/cart', { token })
    expect(mine.body.data.items.map(({ skuId }) => skuId)).toContain(sku)
  })

  it('takes what is on sale, in sensible numbers', async () => {
    expect((await put('999999999', { quantity: 1 })).body.code).toBe(40401)
    const sku = await newSku(admin, 5)
    for (const quantity of [0, -1, 1000, 1.5, '1']) {
      expect((await put(sku, { quantity })).body.code, String(quantity)).toBe(40001)
    }
  })

  it('takes no more than a hundred lines, and changes of those it has', async () => {
    const full = (await login(`cart-${randomUUID()}`)).accessToken
    const skus: string[] = []
    while (skus.length <= 100) {
      const { body } = await call<{ skus: { id: string }[] }>('POST', '/api/admin/products', {
        token: admin,
        body: {
          title: '很多规格',
          categoryId: '402',
          skus: Array.from({ length: 40 }, (_, n) => ({ title: `${n}`, priceFen: 1, stock: 1 })),
        },
      })
      skus.push(...body.data.skus.map(({ id }) => id))
    }
    for (const skuId of skus.slice(0, 100)) await put(skuId, { quantity: 1 }, full)
    const one = skus[100] ?? ''
    expect((await put(one, { quantity: 1 }, full)).body.code).toBe(40906)
    expect((await put(skus[0] ?? '', { quantity: 2 }, full)).body.data.items).toHaveLength(100)
  })
})
