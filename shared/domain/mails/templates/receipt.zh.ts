import { mailOf, type Template, yuan } from '../template.ts'

export const receiptZh: Template = (facts) => {
  const { order, nickname, shop } = facts
  return mailOf('zh', facts, {
    subject: `${shop}：已收到您的付款 ${yuan(order.totalFen)}`,
    says: [
      nickname === '' ? '您好！' : `${nickname}，您好！`,
      `我们已收到您的付款 ${yuan(order.totalFen)}，正在为您备货。发货后会再通知您。`,
    ],
  })
}
