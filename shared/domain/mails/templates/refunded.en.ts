import { mailOf, type Template, yuan } from '../template.ts'

export const refundedEn: Template = (facts) => {
  const { order, nickname, shop } = facts
  return mailOf('en', facts, {
    subject: `${shop}: a refund of ${yuan(order.totalFen)}`,
    says: [
      nickname === '' ? 'Hello,' : `Hello ${nickname},`,
      `${yuan(order.totalFen)} has gone back the way you paid. Your bank decides when it shows.`,
    ],
  })
}
