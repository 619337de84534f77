import { mailOf, type Template, yuan } from '../template.ts'

export const receiptEn: Template = (facts) => {
  const { order, nickname, shop } = facts
  return mailOf('en', facts, {
    subject: `${shop}: your payment of ${yuan(order.totalFen)}`,
    says: [
      nickname === '' ? 'Hello,' : `Hello ${nickname},`,
      `Thank you: your payment of ${yuan(order.totalFen)} has arrived. We will write again when your order is on its way.`,
    ],
  })
}
