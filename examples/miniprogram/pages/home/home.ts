import type { Data } from 'minimall-client'
import { LOADING, load } from '../../lib/load'
import type { Card, Tap } from '../../lib/view'
import { cardOf } from '../../lib/view'
import { shop } from '../../shop'

type Home = Data<'GET /api/home'>

Page({
  data: {
    ...LOADING,
    banners: [] as Home['banners'],
    categories: [] as { id: string; name: string }[],
    featured: [] as Card[],
    flashSales: [] as Card[],
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
      const home = await shop.request('GET /api/home')
      return {
        banners: home.banners,
        categories: home.categories.map(({ id, name }) => ({ id, name })),
        featured: home.featured.map(cardOf),
        flashSales: home.flashSales.map(cardOf),
      }
    })
  },

  search({ detail }: { detail: { value: string } }) {
    const q = detail.value.trim()
    if (q !== '') wx.navigateTo({ url: `/pages/list/list?q=${encodeURIComponent(q)}` })
  },

  openCategory({ currentTarget: { dataset } }: Tap<{ id: string; name: string }>) {
    const name = encodeURIComponent(dataset.name)
    wx.navigateTo({ url: `/pages/list/list?category=${dataset.id}&name=${name}` })
  },

  openCoupons() {
    wx.navigateTo({ url: '/pages/coupons/coupons' })
  },

  openProduct({ currentTarget: { dataset } }: Tap<{ id: string }>) {
    wx.navigateTo({ url: `/pages/product/product?id=${dataset.id}` })
  },
})
