import { SettingsInvalid } from '../../platform/config/settings.ts'
import { fitted, type Template, type Templates } from '../../platform/wechat/templates.ts'
import type { OrderView } from '../orders/order.ts'

export type News = keyof Templates

/** What stands in for `{name}` in a template's texts. */
export type Values = Record<
  'title' | 'quantity' | 'total' | 'orderId' | 'status' | 'time' | 'carrier' | 'trackingNo',
  string
>

const STATUS: Record<News, string> = { paid: '已付款', shipped: '已发货', refunded: '已退款' }

const DATE = new Intl.DateTimeFormat('zh-CN', {
  timeZone: 'Asia/Shanghai',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
})

/** @returns e.g. `2026年11月24日 16:05`, which fields of both `date` and `time` take */
function localTime(iso: string): string {
  const parts = new Map(DATE.formatToParts(new Date(iso)).map(({ type, value }) => [type, value]))
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type)
  return `${of('year')}年${of('month')}月${of('day')}日 ${of('hour')}:${of('minute')}`
}

/** The items in a few words. */
function titleOf({ items }: OrderView): string {
  const [first] = items
  return items.length > 1 ? `${first?.title}等${items.length}种商品` : (first?.title ?? '')
}

/** @param at when it happened, as an ISO time */
export function valuesOf(order: OrderView, news: News, at: string): Values {
  return {
    title: titleOf(order),
    quantity: String(order.items.reduce((sum, { quantity }) => sum + quantity, 0)),
    total: `¥${(order.totalFen / 100).toFixed(2)}`,
    orderId: order.orderId,
    status: STATUS[news],
    time: localTime(at),
    carrier: order.shipment?.carrier ?? '',
    trackingNo: order.shipment?.trackingNo ?? '',
  }
}

const PLACEHOLDER = /\{(\w*)\}/g

const fill = (text: string, values: Values) =>
  text.replace(PLACEHOLDER, (_, name: keyof Values) => values[name])

/** The page that a message opens: an address, so what is filled in is escaped. */
export function pageOf({ page }: Template, values: Values): string | undefined {
  return page?.replace(PLACEHOLDER, (_, name: keyof Values) => encodeURIComponent(values[name]))
}

/**
 * Fills a template in, each value cut to what its field takes.
 * @returns the values by field; throws where one can't be brought into the form of its field, which
 *   {@link checkTemplates} has ruled out
 */
export function dataOf({ data }: Template, values: Values): Record<string, string> {
  const entries = Object.entries(data).map(([field, text]) => {
    const value = fitted(field, fill(text, values))
    if (value === undefined) throw new Error(`no value for the field ${field}`)
    return [field, value] as const
  })
  return Object.fromEntries(entries)
}

const SAMPLE: Values = {
  title: '商品',
  quantity: '2',
  total: '¥19.90',
  orderId: '01KB2Z5GJ9QW8X4V7T3N6M2R1E',
  status: '已付款',
  time: '2026年11月24日 16:05',
  carrier: 'SF',
  trackingNo: 'SF1234567890',
}

/** @throws SettingsInvalid naming every field whose text WeChat would not take, and why */
export function checkTemplates(templates: Templates): Templates {
  const problems: string[] = []
  for (const [news, template] of Object.entries(templates)) {
    const { page = '', data = {} } = template ?? {}
    for (const [field, text] of Object.entries({ page, ...data })) {
      const where = `WECHAT_TEMPLATES: ${news}, ${field}`
      const unknown = [...text.matchAll(PLACEHOLDER)].find(
        ([, name = '']) => !Object.hasOwn(SAMPLE, name),
      )
      if (unknown !== undefined) {
        problems.push(`  ${where}: there is no ${unknown[0]}, only ${Object.keys(SAMPLE)}`)
      } else if (field !== 'page' && fitted(field, fill(text, SAMPLE)) === undefined) {
        problems.push(`  ${where}: its type does not take this text`)
      }
    }
  }
  if (problems.length > 0) {
    throw new SettingsInvalid(`${problems.length} setting(s) to mend:\n${problems.join('\n')}`)
  }
  return templates
}
