import { LOADING, load } from '../../lib/load'
import type { Order, OrderRow, Tap } from '../../lib/view'
import { orderRowOf, STATUS } from '../../lib/view'
import { shop } from '../../shop'

type Status = Order['status']

const TABS: { status: Status | ''; name: string }[] = [
  { status: '', name: '全部' },
  ...(['unpaid', 'paid', 'shipped', 'completed', 'refunded'] as const).map((status) => ({
    status,
    name: STATUS[status],
  })),
]

Page({
  data: {
    ...LOADING,
    tabs: TABS,
    status: '' as Status | '',
    items: [] as OrderRow[],
    cursor: '',
  },

  onShow() {
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
    const { status, items } = this.data
    const { items: more, nextCursor } = await shop.request('GET /api/orders', {
      query: { status: status || undefined, cursor: cursor || undefined },
    })
    const before = cursor === '' ? [] : items
    return { items: [...before, ...more.map(orderRowOf)], cursor: nextCursor ?? '' }
  },

  show({ currentTarget: { dataset } }: Tap<{ status: Status | '' }>) {
    this.setData({ status: dataset.status, state: 'loading', items: [] })
    return this.refresh()
  },

  openOrder({ currentTarget: { dataset } }: Tap<{ id: string }>) {
    wx.navigateTo({ url: `/pages/order/order?id=${dataset.id}` })
  },

  pay({ currentTarget: { dataset } }: Tap<{ id: string }>) {
    wx.navigateTo({ url: `/pages/pay/pay?id=${dataset.id}` })
  },
})
