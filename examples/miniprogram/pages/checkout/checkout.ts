import type { Data, Input } from 'minimall-client'
import { couponChoices, NO_COUPON } from '../../lib/coupon'
import { act, LOADING, load, toast } from '../../lib/load'
import { lineOf, yuan } from '../../lib/view'
import { shop } from '../../shop'

type Address = Data<'GET /api/addresses'>[number]
type Lines = Parameters<typeof lineOf>[0][]

const addressView = (address: Address) => ({
  id: address.id,
  who: `${address.name} ${address.phone}`,
  where: `${address.province}${address.city}${address.district} ${address.detail}`,
})
const NO_ADDRESS = { id: '', who: '', where: '' }

const totalOf = (lines: Lines) =>
  lines.reduce((sum, { priceFen, quantity }) => sum + priceFen * quantity, 0)

Page({
  data: {
    ...LOADING,
    busy: false,
    items: [] as ReturnType<typeof lineOf>[],
    /** Before the coupon, in fen. */
    itemsFen: 0,
    coupons: [NO_COUPON],
    coupon: NO_COUPON,
    total: '',
    address: NO_ADDRESS,
    remark: '',
  },

  /** One SKU that is bought at once; otherwise what is selected in the cart. */
  single: undefined as undefined | { productId: string; skuId: string; quantity: number },
  /** The same order sent again, after an error, has the same key: it is one order. */
  attempt: { body: '', key: '' },

  onLoad({ productId, skuId, quantity }: Record<string, string | undefined>) {
    if (productId !== undefined && skuId !== undefined)
      this.single = { productId, skuId, quantity: Number(quantity ?? 1) }
    return this.refresh()
  },

  refresh() {
    return load(this, async () => {
      const [lines, addresses, claimed] = await Promise.all([
        this.lines(),
        shop.request('GET /api/addresses'),
        shop.request('GET /api/user/coupons', { query: { state: 'usable', limit: 100 } }),
      ])
      const address = addresses[0]
      const itemsFen = totalOf(lines)
      const coupons = couponChoices(claimed.items, itemsFen)
      const coupon = coupons[1] ?? NO_COUPON
      return {
        items: lines.map(lineOf),
        itemsFen,
        coupons,
        coupon,
        total: yuan(itemsFen - coupon.discountFen),
        address: address === undefined ? NO_ADDRESS : addressView(address),
      }
    })
  },

  async lines(): Promise<Lines> {
    if (this.single === undefined) {
      const { items } = await shop.request('GET /api/cart')
      return items.filter(({ selected, onSale }) => selected && onSale)
    }
    const { productId, skuId, quantity } = this.single
    const product = await shop.request('GET /api/products/{id}', { params: { id: productId } })
    const { title, images } = product
    const [image = ''] = images
    return product.skus
      .filter(({ id }) => id === skuId)
      .map((sku) => ({ ...sku, skuId, productId, title, skuTitle: sku.title, image, quantity }))
  },

  /** Takes an address from WeChat's own book. */
  chooseAddress() {
    wx.chooseAddress({
      success: (chosen) =>
        act(this, async () => {
          const body = {
            name: chosen.userName,
            phone: chosen.telNumber,
            province: chosen.provinceName,
            city: chosen.cityName,
            district: chosen.countyName,
            detail: chosen.detailInfo,
          }
          const known = (await shop.request('GET /api/addresses')).find(
            ({ name, phone, district, detail }) =>
              name === body.name &&
              phone === body.phone &&
              district === body.district &&
              detail === body.detail,
          )
          const address = known ?? (await shop.request('POST /api/addresses', { body }))
          this.setData({ address: addressView(address) })
        }),
      fail: ({ errMsg }) => {
        if (!/cancel/.test(errMsg)) toast('无法读取收货地址')
      },
    })
  },

  chooseCoupon({ detail }: { detail: { value: string } }) {
    const coupon = this.data.coupons[Number(detail.value)] ?? NO_COUPON
    this.setData({ coupon, total: yuan(this.data.itemsFen - coupon.discountFen) })
  },

  setRemark({ detail }: { detail: { value: string } }) {
    this.setData({ remark: detail.value.trim() })
  },

  submit() {
    if (this.data.address.id === '') return this.chooseAddress()
    return act(this, async () => {
      const { items, address, coupon, remark } = this.data
      const body: Input<'POST /api/orders'>['body'] = {
        items: items.map(({ skuId, quantity }) => ({ skuId, quantity })),
        addressId: address.id,
        ...(coupon.id === '' ? {} : { couponId: coupon.id }),
        ...(remark === '' ? {} : { remark }),
      }
      const { orderId } = await shop.request('POST /api/orders', {
        body,
        idempotencyKey: this.keyFor(JSON.stringify(body)),
      })
      if (this.single === undefined) await this.emptyCart(items)
      wx.redirectTo({ url: `/pages/pay/pay?id=${orderId}` })
    })
  },

  keyFor(body: string): string {
    if (this.attempt.body !== body) this.attempt = { body, key: shop.newKey() }
    return this.attempt.key
  },

  /** The order stands, whether or not its lines leave the cart. */
  async emptyCart(items: { skuId: string }[]) {
    const route = 'DELETE /api/cart/items/{skuId}'
    for (const { skuId } of items) await shop.request(route, { params: { skuId } }).catch(() => {})
  },
})
