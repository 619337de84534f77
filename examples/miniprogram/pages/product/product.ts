import type { Data } from 'minimall-client'
import { act, LOADING, load, toast } from '../../lib/load'
import type { Tap } from '../../lib/view'
import { yuan } from '../../lib/view'
import { shop } from '../../shop'

type Sku = Data<'GET /api/products/{id}'>['skus'][number]

const skuView = ({ id, title, priceFen, stock, limitPerUser }: Sku) => ({
  id,
  title,
  price: yuan(priceFen),
  stock,
  most: Math.min(stock, limitPerUser ?? stock, 999),
})
const NO_SKU = { id: '', title: '', price: '', stock: 0, most: 0 }

Page({
  data: {
    ...LOADING,
    busy: false,
    id: '',
    title: '',
    description: '',
    images: [] as string[],
    onSale: true,
    skus: [] as ReturnType<typeof skuView>[],
    sku: NO_SKU,
    quantity: 1,
  },

  onLoad({ id = '' }: Record<string, string | undefined>) {
    this.setData({ id })
    return this.refresh()
  },

  refresh() {
    return load(this, async () => {
      const params = { id: this.data.id }
      const product = await shop.request('GET /api/products/{id}', { params })
      const skus = product.skus.map(skuView)
      return {
        title: product.title,
        description: product.description,
        images: product.images,
        onSale: product.status === 'published',
        skus,
        sku: skus.find(({ stock }) => stock > 0) ?? skus[0] ?? NO_SKU,
      }
    })
  },

  choose({ currentTarget: { dataset } }: Tap<{ id: string }>) {
    const sku = this.data.skus.find(({ id }) => id === dataset.id)
    if (sku !== undefined) this.setData({ sku, quantity: 1 })
  },

  step({ currentTarget: { dataset } }: Tap<{ by: number }>) {
    const quantity = this.data.quantity + Number(dataset.by)
    if (quantity >= 1 && quantity <= this.data.sku.most) this.setData({ quantity })
  },

  addToCart() {
    return act(this, async () => {
      const { sku, quantity } = this.data
      // The cart takes the new quantity, not what to add: sending it twice adds nothing twice.
      const { items } = await shop.request('GET /api/cart')
      const before = items.find(({ skuId }) => skuId === sku.id)?.quantity ?? 0
      await shop.request('PUT /api/cart/items/{skuId}', {
        params: { skuId: sku.id },
        body: { quantity: Math.min(before + quantity, 999), selected: true },
      })
      toast('已加入购物车')
    })
  },

  buyNow() {
    const { id, sku, quantity } = this.data
    wx.navigateTo({
      url: `/pages/checkout/checkout?productId=${id}&skuId=${sku.id}&quantity=${quantity}`,
    })
  },

  openCart() {
    wx.switchTab({ url: '/pages/cart/cart' })
  },
})
