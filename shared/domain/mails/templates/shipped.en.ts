import { mailOf, type Template } from '../template.ts'

export const shippedEn: Template = (facts) => {
  const { order, nickname, shop } = facts
  const { carrier = '', trackingNo = '' } = order.shipment ?? {}
  return mailOf('en', facts, {
    subject: `${shop}: your order is on its way`,
    says: [
      nickname === '' ? 'Hello,' : `Hello ${nickname},`,
      `${carrier} has your parcel; its tracking number is ${trackingNo}. Please confirm in the mini-program once you have it.`,
    ],
  })
}
