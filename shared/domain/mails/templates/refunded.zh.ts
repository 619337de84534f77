import { mailOf, type Template, yuan } from '../template.ts'

export const refundedZh: Template = (facts) => {
  const { order, nickname, shop } = facts
  return mailOf('zh', facts, {
    subject: `${shop}：已退款 ${yuan(order.totalFen)}`,
    says: [
      nickname === '' ? '您好！' : `${nickname}，您好！`,
      `${yuan(order.totalFen)} 已按原支付方式退回。到账时间以银行为准。`,
    ],
  })
}
