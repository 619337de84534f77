import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { call, login, newSku, order } from '../support/client.ts'

type Card = { id: string; title: string; priceFen: number }
type Page = { items: Card[]; nextCursor: string | null }
type Product = {
  id: string
  title: string
  status: string
  skus: { id: string; priceFen: number }[]
}

let admin: string
let alice: string
beforeAll(async () => {
  admin = (await login('admin')).accessToken
  alice = (await login('alice')).accessToken
})

const search = async (q: string, more = '') =>
  (await call<Page>('GET', `/api/products?q=${encodeURIComponent(q)}${more}`)).body.data
const titles = async (q: string, more = '') =>
  (await search(q, more)).items.map(({ title }) => title)

describe('search', () => {
  it('finds products by any part of their title', async () => {
    expect(await titles('咖啡')).toEqual(['手冲咖啡壶 600ml'])
    expect(await titles('茶', '&sort=price_asc')).toContain('茉莉花茶')
    expect(await titles('T恤')).toEqual(['重磅纯棉 T 恤'])
    expect(await titles('没有这种东西')).toEqual([])
    expect(await titles('🛒')).toEqual([])
  })

  it('pages through what it finds, in each order', async () => {
    for (const sort of ['newest', 'sales', 'price_asc', 'price_desc']) {
      const all = await titles('茶', `&sort=${sort}&limit=100`)
      const paged: string[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const page: Page = await search(
          '茶',
          `&sort=${sort}&limit=2${cursor && `&cursor=${cursor}`}`,
        )
        paged.push(...page.items.map(({ title }) => title))
        cursor = page.nextCursor
      }
      expect(paged, sort).toEqual(all)
      expect(all.length).toBeGreaterThan(4)
    }
  })
})

const list = async (query: string) => (await call<Page>('GET', `/api/products?${query}`)).body.data
const ids = ({ items }: Page) => items.map(({ id }) => id)

describe('a category', () => {
  it('lists its own products and those of all categories below it, in each order', async () => {
    type Category = { id: string; children: Category[] }
    const { data } = (await call<Category[]>('GET', '/api/categories')).body
    // Other tests put products straight into the first one.
    const parent = data.findLast(({ children }) => children.length > 1) as Category
    const below = await Promise.all(
      parent.children.map(async ({ id }) => ids(await list(`category=${id}&limit=100`))),
    )
    for (const sort of ['newest', 'sales', 'price_asc', 'price_desc']) {
      const query = `category=${parent.id}&sort=${sort}`
      const all = await list(`${query}&limit=100`)
      expect(ids(all).toSorted(), sort).toEqual(below.flat().toSorted())
      const prices = all.items.map(({ priceFen }) => priceFen)
      if (sort === 'price_asc') expect(prices).toEqual(prices.toSorted((a, b) => a - b))
      const paged: string[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const page: Page = await list(`${query}&limit=3${cursor && `&cursor=${cursor}`}`)
        paged.push(...ids(page))
        cursor = page.nextCursor
      }
      expect(paged, sort).toEqual(ids(all))
    }
    const found = await list(`category=${parent.id}&q=${encodeURIComponent('茶')}&limit=100`)
    const everywhere = await list(`q=${encodeURIComponent('茶')}&limit=100`)
    expect(ids(found)).toEqual(ids(everywhere).filter((id) => below.flat().includes(id)))
  })

  it('that does not exist has no products', async () => {
    expect(await list('category=999999')).toEqual({ items: [], nextCursor: null })
  })
})

describe('the first screen', () => {
  it('shows categories, best sellers, banners, and what is limited', async () => {
    await newSku(admin, 1, 1)
    const { body } = await call<Record<string, unknown[]>>('GET', '/api/home')
    expect(body.data.categories).toHaveLength(4)
    expect(body.data.featured).toHaveLength(10)
    expect(body.data.banners).toHaveLength(3)
    expect(body.data.flashSales?.length).toBeGreaterThan(0)
  })
})

describe('an admin', () => {
  it('may leave a product without a category, and give it one later', async () => {
    const body = {
      title: `没有分类 ${randomUUID()}`,
      skus: [{ title: 'x', priceFen: 1, stock: 1 }],
    }
    const made = await call<Product>('POST', '/api/admin/products', { token: admin, body })
    expect(made.status).toBe(201)
    expect(made.body.data).not.toHaveProperty('categoryId')
    const path = `/api/products/${made.body.data.id}`
    expect((await call('GET', path)).body.data).not.toHaveProperty('categoryId')
    const filed = await change(made.body.data.id, { categoryId: '402' })
    expect(filed.body.data).toMatchObject({ categoryId: '402' })
  })

  const change = (id: string, body: object, token = admin) =>
    call<Product>('PATCH', `/api/admin/products/${id}`, { token, body })
  async function newProduct(): Promise<Product> {
    const sku = { title: '默认', stock: 5 }
    const body = {
      title: `测试 ${randomUUID()}`,
      categoryId: '402',
      skus: [
        { ...sku, priceFen: 500 },
        { ...sku, priceFen: 300 },
      ],
    }
    return (await call<Product>('POST', '/api/admin/products', { token: admin, body })).body.data
  }

  /** What other containers remember they may show for two seconds more. */
  const soon = <T>(look: () => Promise<T>) => vi.waitFor(look, { timeout: 2_500, interval: 100 })

  it('changes what is named, and everybody sees it within two seconds', async () => {
    const { id, skus } = await newProduct()
    await call('GET', `/api/products/${id}`)
    const title = `改名 ${randomUUID().slice(0, 8)}`
    const attributes = { 颜色: '绿' }
    const described = { title, description: '改过', images: ['https://example.com/tea.png'] }
    const changed = { title: '大', priceFen: 900, limitPerUser: 2, attributes }
    const body = { ...described, skus: [{ id: skus[1]?.id, ...changed }] }
    const after = { ...described, skus: [{ priceFen: 500 }, changed] }
    expect((await change(id, body)).body.data).toMatchObject(after)
    await soon(async () => {
      const { data } = (await call<Product>('GET', `/api/products/${id}`)).body
      expect(data).toMatchObject(after)
    })
    expect((await search(title)).items).toMatchObject([{ id, priceFen: 500 }])
    const placed = await order(alice, skus[1]?.id ?? '')
    expect(placed.body.data.totalFen).toBe(900)
  })

  it('unpublishes a product: it is not shown, found or sold, until it is published again', async () => {
    const { id, title, skus } = await newProduct()
    expect((await change(id, { status: 'unpublished' })).body.data.status).toBe('unpublished')
    expect((await call('GET', `/api/products/${id}`)).body.code).toBe(40401)
    expect((await search(title)).items).toEqual([])
    expect((await order(alice, skus[0]?.id ?? '')).body.code).toBe(40401)
    await change(id, { status: 'published' })
    await soon(async () => {
      expect((await call('GET', `/api/products/${id}`)).status).toBe(200)
      expect((await order(alice, skus[0]?.id ?? '')).status).toBe(202)
    })
  })

  it('sees a new product on the first screens at once, or after what containers remember', async () => {
    const listed = async () => ids(await list('limit=5'))
    await listed()
    const { id } = await newProduct()
    await soon(async () => expect((await listed())[0]).toBe(id))
    // Asked for before it is there: it is there nevertheless once it is made.
    const next = String(Number(id) + 1)
    expect((await call('GET', `/api/products/${next}`)).body.code).toBe(40401)
    expect((await newProduct()).id).toBe(next)
    await soon(async () => {
      expect((await call('GET', `/api/products/${next}`)).status).toBe(200)
    })
  })

  it.each(['\ud800', 'a\u0000', 'a\r\nb', ''])('is told of the attribute name %j', async (name) => {
    const sku = { title: 'x', priceFen: 1, stock: 1, attributes: { [name]: 'v' } }
    const body = { title: 'x', categoryId: '402', skus: [sku] }
    const answer = await call('POST', '/api/admin/products', { token: admin, body })
    expect([answer.status, answer.body.code]).toEqual([400, 40001])
  })

  it('is told what does not fit, and nothing is changed', async () => {
    const { id, title } = await newProduct()
    const other = await newProduct()
    const foreign = { title: '坏', skus: [{ id: other.skus[0]?.id, priceFen: 1 }] }
    expect((await change(id, foreign)).body).toMatchObject({
      code: 40001,
      details: [{ field: 'skus.0.id' }],
    })
    expect((await change(id, { categoryId: '999999' })).body).toMatchObject({
      code: 40001,
      details: [{ field: 'categoryId' }],
    })
    expect((await change(id, {})).body.code).toBe(40001)
    expect((await change('999999999', { title: 'x' })).body.code).toBe(40401)
    expect((await change(id, { title: 'x' }, alice)).body.code).toBe(40301)
    const seen = await call<Product>('GET', `/api/products/${id}`)
    expect(seen.body.data.title).toBe(title)
  })
})
