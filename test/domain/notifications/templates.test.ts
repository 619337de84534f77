import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wrongField } from '../../../local/wechat/subscribe.ts'
import { LOCAL_TEMPLATES } from '../../../local/wechat/templates.ts'
import {
  checkTemplates,
  dataOf,
  pageOf,
  valuesOf,
} from '../../../shared/domain/notifications/templates.ts'
import type { OrderView } from '../../../shared/domain/orders/order.ts'
import { SettingsInvalid } from '../../../shared/platform/config/settings.ts'
import type { Template, Templates } from '../../../shared/platform/wechat/templates.ts'
import { viewOf } from '../../support/orders.ts'

const AT = '2026-11-24T16:05:00.000Z'
const templateOf = (data: Record<string, string>): Template => ({ id: 'x'.repeat(43), data })
const anyText = fc.string({ unit: 'binary', maxLength: 200 })
const anyOrder = fc
  .record({
    titles: fc.array(anyText, { minLength: 1, maxLength: 5 }),
    quantity: fc.integer({ min: 1, max: 999 }),
    totalFen: fc.integer({ min: 0, max: 10_000_000_000 }),
    carrier: fc.stringMatching(/^[A-Za-z0-9_-]{1,32}$/),
    trackingNo: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
    shipped: fc.boolean(),
  })
  .map(
    ({ titles, quantity, totalFen, carrier, trackingNo, shipped }): OrderView => ({
      ...viewOf({ totalFen }),
      items: titles.map((title) => ({
        skuId: '1',
        productId: '1',
        title,
        skuTitle: '默认',
        priceFen: 1,
        quantity,
      })),
      ...(shipped ? { shipment: { carrier, trackingNo, shippedAt: AT } } : {}),
    }),
  )

describe('a subscribe message', () => {
  it('holds values that WeChat takes, whatever the order holds', () => {
    const data = {
      thing1: '{title}',
      thing2: '{carrier}{trackingNo}',
      character_string3: '{trackingNo}',
      character_string4: '{title}',
      amount5: '{total}',
      phrase6: '{status}',
      time7: '{time}',
      date8: '{time}',
      number9: '{quantity}',
      thing10: '您的订单{orderId}{status}，共{quantity}件，合计{total}',
    }
    const template = checkTemplates({ shipped: templateOf(data) }).shipped as Template
    fc.assert(
      fc.property(anyOrder, (order) => {
        const values = dataOf(template, valuesOf(order, 'shipped', AT))
        const sent = Object.entries(values).map(([field, value]) => [field, { value }])
        expect(wrongField(Object.fromEntries(sent)), JSON.stringify(values)).toBeUndefined()
      }),
      { numRuns: 1000 },
    )
  })

  it('says what happened, in the time of the shop', () => {
    const order = viewOf({ totalFen: 1990 })
    const [first] = order.items
    const two = { ...order, items: [first, first] as OrderView['items'] }
    expect(valuesOf(two, 'paid', AT)).toMatchObject({
      title: '测试商品等2种商品',
      total: '¥19.90',
      status: '已付款',
      time: '2026年11月25日 00:05',
    })
  })

  it('is cut with a sign that more was there, and never within a character', () => {
    const cut = (title: string) => {
      const values = { ...valuesOf(viewOf(), 'paid', AT), title }
      return dataOf(templateOf({ thing1: '{title}' }), values).thing1
    }
    expect(cut('一'.repeat(20))).toBe('一'.repeat(20))
    expect(cut('一'.repeat(21))).toBe(`${'一'.repeat(19)}…`)
    expect(cut('🛒'.repeat(11))).toBe(`${'🛒'.repeat(9)}…`)
    expect(cut('  ')).toBe('-')
  })

  it('opens a page with what is filled in escaped', () => {
    const values = { ...valuesOf(viewOf(), 'paid', AT), title: 'a&b=c' }
    const template = { ...templateOf({}), page: 'pages/order?id={orderId}&t={title}' }
    expect(pageOf(template, values)).toBe(`pages/order?id=${values.orderId}&t=a%26b%3Dc`)
  })
})

describe('the setting', () => {
  const problemsOf = (templates: Templates) => {
    try {
      checkTemplates(templates)
    } catch (error) {
      expect(error).toBeInstanceOf(SettingsInvalid)
      return (error as Error).message
    }
    return ''
  }

  it('of the local stack is a good one', () => {
    expect(problemsOf(JSON.parse(LOCAL_TEMPLATES))).toBe('')
  })

  it.each([
    ['a name that there is not', { thing1: '{titel}' }, 'there is no {titel}'],
    ['a name of JavaScript', { thing1: '{constructor}' }, 'there is no {constructor}'],
    ['a title for a date', { date1: '{title}' }, 'its type does not take'],
    ['an amount for a number', { number1: '{total}' }, 'its type does not take'],
    ['an order id for a phrase', { phrase1: '{orderId}' }, 'its type does not take'],
  ])('is refused with %s, and says where', (_, data, problem) => {
    const said = problemsOf({ refunded: templateOf(data) })
    expect(said).toContain(`WECHAT_TEMPLATES: refunded, ${Object.keys(data)[0]}`)
    expect(said).toContain(problem)
  })

  it('is refused with a page of a name that there is not', () => {
    const template = { ...templateOf({ thing1: '{title}' }), page: 'p?id={id}' }
    expect(problemsOf({ paid: template })).toContain('paid, page: there is no {id}')
  })
})
