/** Examples of one order on its way: what each step answers fits the others. */

const at = (minute: number) => `2026-11-24T08:${String(minute).padStart(2, '0')}:00.000Z`
const trace = '01KB2Z5GJ9QW8X4V7T3N6M2R1D'
const item = {
  skuId: '10',
  productId: '1',
  title: '细嘴手冲壶',
  skuTitle: '黑色',
  image: 'https://example.com/pot.jpg',
  priceFen: 12900,
  quantity: 1,
}
const order = {
  orderId: '01KB2Z5GJ9QW8X4V7T3N6M2R1C',
  status: 'unpaid',
  itemsFen: 12900,
  discountFen: 1000,
  totalFen: 11900,
  couponId: '1',
  items: [item],
  address: {
    name: '王小明',
    phone: '00000000000',
    province: '浙江省',
    city: '杭州市',
    district: '西湖区',
    detail: '文三路 1 号',
  },
  remark: '请尽快发货',
  createdAt: at(0),
  expiresAt: at(15),
}

type Event = Record<'step' | 'status' | 'actor' | 'at', string> & Record<string, string>
const accept: Event = {
  step: 'accept',
  status: 'unpaid',
  actor: 'user',
  actorId: '1001',
  at: at(0),
}
const pay: Event = { step: 'pay', status: 'paid', actor: 'wechat', at: at(2) }
const ship: Event = { step: 'ship', status: 'shipped', actor: 'admin', actorId: '1', at: at(30) }
const confirm: Event = {
  step: 'confirm',
  status: 'completed',
  actor: 'user',
  actorId: '1001',
  at: at(50),
}
const cancel: Event = {
  step: 'cancel',
  status: 'cancelled',
  reason: 'cancelled by the user',
  actor: 'user',
  actorId: '1001',
  at: at(5),
}
const ask: Event = {
  step: 'askRefund',
  status: 'refunding',
  reason: '不想要了',
  actor: 'user',
  actorId: '1001',
  at: at(20),
}
const grant: Event = { ...ask, step: 'grantRefund', actor: 'admin', actorId: '1', at: at(25) }

/** The order as its buyer sees it after these steps, the last one included. */
function after(...events: Event[]) {
  const { status, reason } = events.at(-1) ?? accept
  const shipped = events.includes(ship)
  return {
    ...order,
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(events.includes(pay) ? { paidAt: at(2) } : {}),
    ...(shipped
      ? { shipment: { carrier: 'SF', trackingNo: 'SF1234567890', shippedAt: at(30) } }
      : {}),
    history: events.map(({ actor: _, actorId: __, ...event }) => event),
  }
}

/** The same as admins see it. */
const forAdmin = (...events: Event[]) => ({
  ...after(...events),
  userId: '1001',
  history: events.map((event) => ({ ...event, traceId: trace })),
})

const payment = {
  transactionId: '4200000000202611240000000001',
  amountFen: 11900,
  late: false,
  paidAt: at(2),
}
const refund = {
  refundNo: order.orderId,
  cause: 'order',
  state: 'processing',
  amountFen: 11900,
  restock: true,
  reason: '不想要了',
}

export const ORDER_VALUES: Readonly<Record<string, unknown>> = {
  OrderItem: item,
  OrderView: order,
  AdminOrder: { ...order, userId: '1001' },
  OrderDetail: after(accept),
  AdminOrderDetail: forAdmin(accept, pay, ship, confirm),
  'ordersCancel 200': after(accept, cancel),
  'ordersConfirm 200': after(accept, pay, ship, confirm),
  'ordersRefund 200': after(accept, pay, ask),
  'ordersShip 200': forAdmin(accept, pay, ship),
  AdminOrderWithMoney: { ...forAdmin(accept, pay, ship, confirm), payment },
  'ordersAdminRefund 200': { ...forAdmin(accept, pay, ask, grant), payment, refund },
}
