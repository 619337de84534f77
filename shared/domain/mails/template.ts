import type { Mail } from '../../platform/mail/ses.ts'
import type { OrderView } from '../orders/order.ts'
import type { Language } from '../users/language.ts'
import { type Html, html } from './html.ts'

/** What a mail about an order is made of. */
export type MailFacts = { order: OrderView; nickname: string; shop: string }

/** Makes the mail about an order; one file for each mail and language in `templates/`. */
export type Template = (facts: MailFacts) => Mail

/** The words of the parts that all mails share, in one language. */
const WORDS = {
  zh: { order: '订单号', total: '合计', discount: '优惠', address: '收货地址', carrier: '快递' },
  en: { order: 'Order', total: 'Total', discount: 'Discount', address: 'To', carrier: 'Carrier' },
} as const

export const yuan = (fen: number) => `¥${(fen / 100).toFixed(2)}`

/** Lines about an order as pairs of a label and a value. */
function linesOf(language: Language, { order }: MailFacts): [label: string, value: string][] {
  const words = WORDS[language]
  const { address, shipment } = order
  const lines: [string, string][] = order.items.map(({ title, skuTitle, quantity, priceFen }) => [
    `${title} ${skuTitle} × ${quantity}`,
    yuan(priceFen * quantity),
  ])
  if (order.discountFen > 0) lines.push([words.discount, `-${yuan(order.discountFen)}`])
  lines.push([words.total, yuan(order.totalFen)], [words.order, order.orderId])
  if (address !== undefined) {
    const { name, province, city, district, detail } = address
    lines.push([words.address, `${name}, ${province}${city}${district}${detail}`])
  }
  if (shipment !== undefined) {
    lines.push([words.carrier, `${shipment.carrier} ${shipment.trackingNo}`])
  }
  if (order.remark !== undefined) {
    lines.push([language === 'zh' ? '备注' : 'Remark', order.remark])
  }
  return lines
}

const row = ([label, value]: [string, string]): Html => html`
<tr><td style="padding:4px 16px 4px 0">${label}</td><td style="padding:4px 0">${value}</td></tr>`

/**
 * A whole mail: what it says in a sentence each, and the order below. The text part says the same.
 * @param says paragraphs of plain text
 */
export function mailOf(
  language: Language,
  facts: MailFacts,
  { subject, says }: { subject: string; says: readonly string[] },
): Mail {
  const lines = linesOf(language, facts)
  const page = html`<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><title>${subject}</title></head>
<body style="font-family:sans-serif;line-height:1.6;color:#222">
${says.map((sentence) => html`<p>${sentence}</p>\n`)}<table style="border-collapse:collapse">${lines.map(row)}
</table>
<p>${facts.shop}</p>
</body>
</html>
`
  const text = [...says, ...lines.map(([label, value]) => `${label}: ${value}`), facts.shop]
  return { subject, html: page.source, text: `${text.join('\n')}\n` }
}
