import type { Data } from 'minimall-client'
import { act, confirmed, LOADING, load } from '../../lib/load'
import type { Tap } from '../../lib/view'
import { lineOf, yuan } from '../../lib/view'
import { shop } from '../../shop'

type Cart = Data<'GET /api/cart'>

const rowOf = (item: Cart['items'][number]) => ({
  ...lineOf(item),
  selected: item.selected,
  onSale: item.onSale,
})

const viewOf = ({ items, totalFen }: Cart) => ({
  items: items.map(rowOf),
  total: yuan(totalFen),
  canCheckOut: items.some(({ selected, onSale }) => selected && onSale),
})

Page({
  data: {
    ...LOADING,
    busy: false,
    items: [] as ReturnType<typeof rowOf>[],
    total: yuan(0),
    canCheckOut: false,
  },

  /** Also after something was added on another page. */
  onShow() {
    return this.refresh()
  },

  async onPullDownRefresh() {
    await this.refresh()
    wx.stopPullDownRefresh()
  },

  refresh() {
    return load(this, async () => viewOf(await shop.request('GET /api/cart')))
  },

  put(skuId: string, body: { quantity: number; selected?: boolean }) {
    return act(this, async () => {
      const route = 'PUT /api/cart/items/{skuId}'
      this.setData(viewOf(await shop.request(route, { params: { skuId }, body })))
    })
  },

  async step({ currentTarget: { dataset } }: Tap<{ id: string; by: number }>) {
    const item = this.data.items.find(({ skuId }) => skuId === dataset.id)
    if (item === undefined) return
    const quantity = item.quantity + Number(dataset.by)
    if (quantity > 999) return
    if (quantity >= 1) await this.put(item.skuId, { quantity })
    else await this.remove(item.skuId)
  },

  async toggle({ currentTarget: { dataset } }: Tap<{ id: string }>) {
    const item = this.data.items.find(({ skuId }) => skuId === dataset.id)
    if (item === undefined) return
    await this.put(item.skuId, { quantity: item.quantity, selected: !item.selected })
  },

  async remove(skuId: string) {
    if (!(await confirmed('从购物车移除这件商品？'))) return
    await act(this, async () => {
      const route = 'DELETE /api/cart/items/{skuId}'
      this.setData(viewOf(await shop.request(route, { params: { skuId } })))
    })
  },

  removeTapped({ currentTarget: { dataset } }: Tap<{ id: string }>) {
    return this.remove(dataset.id)
  },

  openProduct({ currentTarget: { dataset } }: Tap<{ id: string }>) {
    wx.navigateTo({ url: `/pages/product/product?id=${dataset.id}` })
  },

  checkOut() {
    wx.navigateTo({ url: '/pages/checkout/checkout' })
  },
})
