import { LOADING, load } from '../../lib/load'
import type { Card, Tap } from '../../lib/view'
import { cardOf } from '../../lib/view'
import { shop } from '../../shop'

const SORTS = [
  { sort: 'newest', name: '最新' },
  { sort: 'sales', name: '销量' },
  { sort: 'price_asc', name: '价格 ↑' },
  { sort: 'price_desc', name: '价格 ↓' },
] as const
type Sort = (typeof SORTS)[number]['sort']

Page({
  data: {
    ...LOADING,
    sorts: SORTS,
    sort: 'newest' as Sort,
    q: '',
    category: '',
    items: [] as Card[],
    cursor: '',
  },

  onLoad({ q = '', category = '', name = '' }: Record<string, string | undefined>) {
    this.setData({ q: decodeURIComponent(q), category })
    const title = decodeURIComponent(name || q)
    if (title !== '') wx.setNavigationBarTitle({ title })
    return this.refresh()
  },

  async onPullDownRefresh() {
    await this.refresh()
    wx.stopPullDownRefresh()
  },

  refresh() {
    return load(this, () => this.page(''))
  },

  async onReachBottom() {
    if (this.data.cursor !== '') await load(this, () => this.page(this.data.cursor))
  },

  async page(cursor: string) {
    const { sort, q, category, items } = this.data
    const { items: more, nextCursor } = await shop.request('GET /api/products', {
      query: {
        sort,
        q: q || undefined,
        category: category || undefined,
        cursor: cursor || undefined,
      },
    })
    const before = cursor === '' ? [] : items
    return { items: [...before, ...more.map(cardOf)], cursor: nextCursor ?? '' }
  },

  sortBy({ currentTarget: { dataset } }: Tap<{ sort: Sort }>) {
    this.setData({ sort: dataset.sort })
    return this.refresh()
  },

  openProduct({ currentTarget: { dataset } }: Tap<{ id: string }>) {
    wx.navigateTo({ url: `/pages/product/product?id=${dataset.id}` })
  },
})
