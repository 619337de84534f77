import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { html } from '../../../shared/domain/mails/html.ts'
import { TEMPLATES } from '../../../shared/domain/mails/templates/index.ts'
import type { OrderView } from '../../../shared/domain/orders/order.ts'
import { viewOf } from '../../support/orders.ts'

const ALL = Object.entries(TEMPLATES).flatMap(([news, languages]) =>
  Object.entries(languages).map(([language, template]) => [news, language, template] as const),
)
const AT = '2026-11-24T08:00:00.000Z'

/** An order with the same text wherever a text can be. */
function orderWith(text: string): OrderView {
  const view = viewOf({ totalFen: 1890, discountFen: 100 })
  return {
    ...view,
    items: view.items.map((item) => ({ ...item, title: text, skuTitle: text })),
    address: { name: text, phone: text, province: text, city: text, district: text, detail: text },
    remark: text,
    shipment: { carrier: text, trackingNo: text, shippedAt: AT },
  }
}
const tagsOf = (source: string) => source.match(/<[^>]*>/g)

describe.each(ALL)('the mail for %s in %s', (news, language, template) => {
  it('is in its language and says the amount or the parcel', () => {
    const {
      subject,
      html: page,
      text = '',
    } = template({
      order: orderWith('x-1'),
      nickname: '小明',
      shop: 'minimall',
    })
    expect(page).toContain(`<html lang="${language}">`)
    expect(/\p{Script=Han}/u.test(subject)).toBe(language === 'zh')
    for (const part of [page, text]) {
      expect(part).toContain(news === 'shipped' ? 'x-1' : '¥18.90')
      expect(part).toContain('小明')
    }
  })

  it('holds no markup but its own, whatever the texts in it are', () => {
    const plain = tagsOf(template({ order: orderWith('x'), nickname: 'x', shop: 'x' }).html)
    const nasty = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.constantFrom(
        '<script>alert(1)</script>',
        '"><img src=x>',
        "'",
        '&lt;',
        '{{html}}',
        '<!--',
      ),
    )
    fc.assert(
      fc.property(nasty, nasty, nasty, (text, nickname, shop) => {
        const page = template({ order: orderWith(text), nickname, shop }).html
        expect(tagsOf(page)).toEqual(plain)
        expect(page.replace(/<[^>]*>/g, '')).not.toMatch(/[<>]/)
      }),
      { numRuns: 200 },
    )
  })
})

it('html escapes what could end a text or an attribute, once', () => {
  const inner = html`<b title="${'"\'<>&'}">${'<i>'}</b>`
  expect(html`<p>${inner}${[inner]}${7}</p>`.source).toBe(
    '<p><b title="&quot;&#39;&lt;&gt;&amp;">&lt;i&gt;</b><b title="&quot;&#39;&lt;&gt;&amp;">&lt;i&gt;</b>7</p>',
  )
})
