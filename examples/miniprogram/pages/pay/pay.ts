import { payOrder } from 'minimall-client'
import { act, LOADING, load, toast } from '../../lib/load'
import type { Order } from '../../lib/view'
import { STATUS, timeLeft, yuan } from '../../lib/view'
import { paymentSheet, shop } from '../../shop'

const viewOf = ({ status, totalFen, expiresAt, reason }: Order) => ({
  status: STATUS[status],
  canPay: status === 'pending' || status === 'unpaid',
  isPaid: status === 'paid',
  total: yuan(totalFen),
  expiresAt,
  left: timeLeft(expiresAt, Date.now()),
  reason: reason ?? '',
})

Page({
  data: {
    ...LOADING,
    busy: false,
    id: '',
    status: '',
    canPay: false,
    isPaid: false,
    total: '',
    expiresAt: '',
    left: '',
    reason: '',
  },

  timer: 0,

  onLoad({ id = '' }: Record<string, string | undefined>) {
    this.setData({ id })
    return this.refresh()
  },

  onShow() {
    this.timer = setInterval(() => {
      if (this.data.expiresAt !== '')
        this.setData({ left: timeLeft(this.data.expiresAt, Date.now()) })
    }, 1000)
  },

  onHide() {
    clearInterval(this.timer)
  },

  onUnload() {
    clearInterval(this.timer)
  },

  refresh() {
    return load(this, async () => {
      const params = { id: this.data.id }
      return viewOf(await shop.request('GET /api/orders/{id}', { params }))
    })
  },

  pay() {
    return act(this, async () => {
      const order = await payOrder(shop, this.data.id, paymentSheet)
      this.setData(viewOf(order))
      if (order.status === 'unpaid') toast('支付结果确认中，请稍后查看订单')
    })
  },

  openOrder() {
    wx.redirectTo({ url: `/pages/order/order?id=${this.data.id}` })
  },

  goHome() {
    wx.switchTab({ url: '/pages/home/home' })
  },
})
