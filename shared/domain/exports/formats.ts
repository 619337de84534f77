import type { ExportedOrder } from './order-pages.ts'
import type { ExportFormat } from './schemas.ts'

/** How orders are written. */
export type Format = {
  contentType: string
  header: string
  /** The lines of one order. */
  lines(order: ExportedOrder): string[]
}

/** A line for each order, named as in the API: whole fen, times in UTC. */
const ndjson: Format = {
  contentType: 'application/x-ndjson; charset=utf-8',
  header: '',
  lines: (order) => [`${JSON.stringify(order)}\n`],
}

const COLUMNS = [
  'orderId',
  'status',
  'createdAt',
  'paidAt',
  'skuId',
  'productId',
  'title',
  'skuTitle',
  'priceYuan',
  'quantity',
  'amountYuan',
  'orderItemsYuan',
  'orderDiscountYuan',
  'orderTotalYuan',
  'name',
  'phone',
  'province',
  'city',
  'district',
  'detail',
  'remark',
  'carrier',
  'trackingNo',
  'shippedAt',
]

/** Excel takes a file without it for one in the system's old character set. */
const BYTE_ORDER_MARK = '\ufeff'

/**
 * What spreadsheets would run as a formula, also in the wide forms of East Asian input.
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/
const QUOTED = /[",\r\n]/

/** A text as a cell (RFC 4180); one that a spreadsheet would run gets an apostrophe first. */
export function cell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const yuan = (fen: number) => (fen / 100).toFixed(2)

const CHINA_MILLIS = 8 * 3_600_000
const DAY_MILLIS = 86_400_000
const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => `${number}`.padStart(2, '0'))
const days = new Map<number, string>()

/**
 * A time as a spreadsheet reads it, and as China's clocks show it. Days are remembered: an export has
 * a year of them at most, and a million times.
 */
function chinaTime(time: Date | undefined): string {
  if (time === undefined) return ''
  const millis = time.getTime() + CHINA_MILLIS
  const day = Math.floor(millis / DAY_MILLIS)
  let date = days.get(day)
  if (date === undefined) {
    date = new Date(day * DAY_MILLIS).toISOString().slice(0, 10)
    days.set(day, date)
  }
  const seconds = Math.floor((millis - day * DAY_MILLIS) / 1000)
  const [hour, minute] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  return `${date} ${TWO_DIGITS[hour]}:${TWO_DIGITS[minute]}:${TWO_DIGITS[seconds % 60]}`
}

/**
 * A line for each item, which repeats its order, so that lines can be filtered; the order's amounts
 * stand in its first line only, so that the sum of a column is right. Yuan, and China's time.
 */
const csv: Format = {
  contentType: 'text/csv; charset=utf-8',
  header: `${BYTE_ORDER_MARK}${COLUMNS.join(',')}\r\n`,
  lines({ orderId, status, items, address, remark = '', shipment, ...order }) {
    const { name = '', phone = '', province = '', city = '', district = '' } = address ?? {}
    const start = `${orderId},${status},${chinaTime(order.createdAt)},${chinaTime(order.paidAt)}`
    const amounts = `${yuan(order.itemsFen)},${yuan(order.discountFen)},${yuan(order.totalFen)}`
    const place = [name, phone, province, city, district, address?.detail ?? '', remark]
    const parcel = [shipment?.carrier ?? '', shipment?.trackingNo ?? '']
    const end = `${[...place, ...parcel].map(cell).join(',')},${chinaTime(shipment?.shippedAt)}`
    // No order without items should exist; one that does must not be lost.
    if (items.length === 0) return [`${start},,,,,,,,${amounts},${end}\r\n`]
    return items.map(({ skuId, productId, title, skuTitle, priceFen, quantity }, index) => {
      const price = `${yuan(priceFen)},${quantity},${yuan(priceFen * quantity)}`
      const item = `${skuId},${productId},${cell(title)},${cell(skuTitle)},${price}`
      return `${start},${item},${index === 0 ? amounts : ',,'},${end}\r\n`
    })
  },
}

export const FORMATS: Readonly<Record<ExportFormat, Format>> = { csv, ndjson }
