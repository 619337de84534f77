import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { cell, FORMATS } from '../../../shared/domain/exports/formats.ts'
import type { ExportedOrder } from '../../../shared/domain/exports/order-pages.ts'

const placed = new Date('2026-11-24T16:30:00.000Z')
const order: ExportedOrder = {
  orderId: '01KB2Z5GJ9QW8X4V7T3N6M2R1C',
  status: 'shipped',
  itemsFen: 25800,
  discountFen: 1005,
  totalFen: 24795,
  items: [
    {
      skuId: '10',
      productId: '1',
      title: '细嘴手冲壶',
      skuTitle: '黑色',
      priceFen: 12900,
      quantity: 1,
    },
    {
      skuId: '11',
      productId: '1',
      title: '细嘴手冲壶',
      skuTitle: '白色',
      priceFen: 6450,
      quantity: 2,
    },
  ],
  address: {
    name: '王小明',
    phone: '+86 13800138000',
    province: '浙江省',
    city: '杭州市',
    district: '西湖区',
    detail: '文三路 1 号, "后门"',
  },
  remark: '=HYPERLINK("http://evil.example")',
  createdAt: placed,
  paidAt: placed,
  shipment: { carrier: 'SF', trackingNo: 'SF1', shippedAt: placed },
}

const read = (orders: ExportedOrder[]) => {
  const text = FORMATS.csv.header + orders.flatMap(FORMATS.csv.lines).join('')
  return parse<Record<string, string>>(text, { bom: true, columns: true })
}

it('a CSV has a line for each item, and the amounts of the order once', () => {
  const lines = read([order])
  expect(lines[0]).toEqual({
    orderId: order.orderId,
    status: 'shipped',
    createdAt: '2026-11-25 00:30:00',
    paidAt: '2026-11-25 00:30:00',
    skuId: '10',
    productId: '1',
    title: '细嘴手冲壶',
    skuTitle: '黑色',
    priceYuan: '129.00',
    quantity: '1',
    amountYuan: '129.00',
    orderItemsYuan: '258.00',
    orderDiscountYuan: '10.05',
    orderTotalYuan: '247.95',
    name: '王小明',
    phone: "'+86 13800138000",
    province: '浙江省',
    city: '杭州市',
    district: '西湖区',
    detail: '文三路 1 号, "后门"',
    remark: `'${order.remark}`,
    carrier: 'SF',
    trackingNo: 'SF1',
    shippedAt: '2026-11-25 00:30:00',
  })
  expect(lines).toHaveLength(2)
  expect(lines[1]).toMatchObject({ orderId: order.orderId, amountYuan: '129.00', name: '王小明' })
  expect(lines[1]).toMatchObject({ orderItemsYuan: '', orderDiscountYuan: '', orderTotalYuan: '' })
})

it('a CSV takes an order with nothing in it, and one without items', () => {
  const nothing = { address: undefined, remark: undefined, paidAt: undefined, shipment: undefined }
  const [line] = read([{ ...order, ...nothing, items: [] }])
  expect(line).toMatchObject({ orderId: order.orderId, skuId: '', orderTotalYuan: '247.95' })
  expect(line).toMatchObject({ paidAt: '', name: '', remark: '', trackingNo: '', shippedAt: '' })
})

it('a CSV begins with the mark by which Excel knows UTF-8', () => {
  expect(Buffer.from(FORMATS.csv.header).subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]))
})

it('every text comes back from a cell as it was, and none is a formula', () => {
  const risky = fc.constantFrom(
    '=',
    '+',
    '-',
    '@',
    '\t',
    '\r',
    '＝',
    '＋',
    '－',
    '＠',
    '"',
    ',',
    '\n',
    'a',
  )
  const text = fc.tuple(risky, fc.string(), risky).map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.array(text, { minLength: 2, maxLength: 5 }), (texts) => {
      const [line = []] = parse(texts.map(cell).join(','), { record_delimiter: '\r\n' })
      for (const [index, back] of line.entries()) {
        expect(back).not.toMatch(/^[=+\-@\t\r＝＋－＠]/)
        expect([texts[index], `'${texts[index]}`]).toContain(`${back}`)
      }
      expect(line).toHaveLength(texts.length)
    }),
  )
})

it('NDJSON has a line for each order, with the names of the API', () => {
  const [line = '', ...others] = FORMATS.ndjson.lines({ ...order, remark: undefined })
  expect(others).toEqual([])
  expect(line.endsWith('\n')).toBe(true)
  expect(JSON.parse(line)).toEqual({
    ...JSON.parse(JSON.stringify(order)),
    remark: undefined,
    createdAt: '2026-11-24T16:30:00.000Z',
  })
})
