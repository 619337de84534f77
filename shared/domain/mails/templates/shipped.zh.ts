import { mailOf, type Template } from '../template.ts'

export const shippedZh: Template = (facts) => {
  const { order, nickname, shop } = facts
  const { carrier = '', trackingNo = '' } = order.shipment ?? {}
  return mailOf('zh', facts, {
    subject: `${shop}：您的订单已发货`,
    says: [
      nickname === '' ? '您好！' : `${nickname}，您好！`,
      `您的订单已由 ${carrier} 承运，快递单号 ${trackingNo}。收到商品后，请在小程序中确认收货。`,
    ],
  })
}
