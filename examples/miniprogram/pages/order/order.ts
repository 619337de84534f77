import { act, confirmed, LOADING, load } from '../../lib/load'
import type { Order } from '../../lib/view'
import { lineOf, localTime, STATUS, yuan } from '../../lib/view'
import { shop } from '../../shop'

const viewOf = (order: Order) => ({
  status: STATUS[order.status],
  reason: order.reason ?? '',
  lines: order.items.map(lineOf),
  itemsTotal: yuan(order.itemsFen),
  discount: order.discountFen > 0 ? `-${yuan(order.discountFen)}` : '',
  total: yuan(order.totalFen),
  who: order.address === undefined ? '' : `${order.address.name} ${order.address.phone}`,
  where:
    order.address === undefined
      ? ''
      : `${order.address.province}${order.address.city}${order.address.district} ${order.address.detail}`,
  remark: order.remark ?? '',
  parcel:
    order.shipment === undefined ? '' : `${order.shipment.carrier} ${order.shipment.trackingNo}`,
  history: order.history.map(({ status, at }) => ({ name: STATUS[status], at: localTime(at) })),
  canPay: order.status === 'unpaid' || order.status === 'pending',
  canCancel: order.status === 'unpaid' || order.status === 'pending',
  canConfirm: order.status === 'shipped',
  canRefund: ['paid', 'shipped', 'completed'].includes(order.status),
})

type Params = { id: string }
type View = ReturnType<typeof viewOf>

Page({
  data: {
    ...LOADING,
    busy: false,
    id: '',
    status: '',
    reason: '',
    lines: [] as View['lines'],
    itemsTotal: '',
    discount: '',
    total: '',
    who: '',
    where: '',
    remark: '',
    parcel: '',
    history: [] as View['history'],
    canPay: false,
    canCancel: false,
    canConfirm: false,
    canRefund: false,
  },

  onLoad({ id = '' }: Record<string, string | undefined>) {
    this.setData({ id })
  },

  onShow() {
    return this.refresh()
  },

  async onPullDownRefresh() {
    await this.refresh()
    wx.stopPullDownRefresh()
  },

  refresh() {
    return load(this, async () => {
      const params = { id: this.data.id }
      return viewOf(await shop.request('GET /api/orders/{id}', { params }))
    })
  },

  pay() {
    wx.navigateTo({ url: `/pages/pay/pay?id=${this.data.id}` })
  },

  cancel() {
    return this.step('确定取消这个订单？', (params: Params) =>
      shop.request('POST /api/orders/{id}/cancel', { params }),
    )
  },

  confirmReceipt() {
    return this.step('确认已经收到商品？', (params: Params) =>
      shop.request('POST /api/orders/{id}/confirm', { params }),
    )
  },

  askRefund() {
    return this.step('申请退款？', (params: Params) =>
      shop.request('POST /api/orders/{id}/refund', { params, body: {} }),
    )
  },

  async step(question: string, take: (params: Params) => Promise<unknown>) {
    if (!(await confirmed(question))) return
    await act(this, () => take({ id: this.data.id }))
    await this.refresh()
  },
})
