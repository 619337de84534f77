/** Templates of subscribe messages for the local stack, as a shop would have them. */
const template = (name: string, data: Record<string, string>) => ({
  id: `local-template-${name}-0000000000`,
  page: 'pages/order/order?id={orderId}',
  data,
})

export const LOCAL_TEMPLATES = JSON.stringify({
  paid: template('paid', {
    character_string1: '{orderId}',
    thing2: '{title}',
    amount3: '{total}',
    phrase4: '{status}',
  }),
  shipped: template('shipped', {
    thing1: '{title}',
    thing2: '{carrier}',
    character_string3: '{trackingNo}',
    time4: '{time}',
  }),
  refunded: template('refunded', {
    character_string1: '{orderId}',
    amount2: '{total}',
    date3: '{time}',
    thing4: '已按原支付方式退回',
  }),
})
