import { offerOf } from '../../lib/coupon'
import { act, LOADING, load, toast } from '../../lib/load'
import type { Tap } from '../../lib/view'
import { shop } from '../../shop'

Page({
  data: {
    ...LOADING,
    busy: false,
    items: [] as ReturnType<typeof offerOf>[],
  },

  onLoad() {
    return this.refresh()
  },

  async onPullDownRefresh() {
    await this.refresh()
    wx.stopPullDownRefresh()
  },

  refresh() {
    return load(this, async () => {
      const { items } = await shop.request('GET /api/coupons', { query: { limit: 100 } })
      return { items: items.map(offerOf) }
    })
  },

  async claim({ currentTarget: { dataset } }: Tap<{ id: string }>) {
    await act(this, async () => {
      await shop.request('POST /api/coupons/{id}/claim', { params: { id: dataset.id } })
      toast('领取成功')
    })
    await this.refresh()
  },
})
