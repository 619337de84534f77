import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  HIDDEN,
  parsed,
  reasonOf,
  redactedBody,
  shown,
} from '../../../shared/domain/operations/redaction.ts'
import { OrderAccepted, OrderMoved } from '../../../shared/domain/orders/messages.ts'
import { orderOf } from '../../support/orders.ts'

const digit = fc.integer({ min: 0, max: 9 })
const letters = fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'), minLength: 6 })
const phone = fc
  .tuple(fc.constantFrom('13', '15', '18', '19'), fc.array(digit, { minLength: 9, maxLength: 9 }))
  .map(([start, rest]) => start + rest.join(''))
const name = fc.string({ unit: fc.constantFrom(...'王李张刘陈杨赵小明伟芳娜'), minLength: 2 })
/** Each in a form that nothing else in a message has, so that finding it means that it leaked. */
const personal = fc.oneof(
  phone,
  phone.map((number) => `+86 ${number}`),
  name,
  name.map((street) => `杭州市西湖区${street}路 1 号`),
  letters.map((local) => `${local}@example.com`),
  letters.map((part) => `eyJhbGciOiJFZERTQSJ9.${part}.${part}`),
)
const FIELDS = [
  ...['type', 'id', 'traceId', 'occurredAt', 'data', 'orderId', 'userId', 'skuId', 'kind', 'to'],
  ...['quantity', 'totalFen', 'createdAt', 'after', 'from', 'items', 'address', 'remark', 'title'],
  ...['name', 'phone', 'detail', 'token', 'nickname', 'anything', '__proto__', 'constructor'],
]
const field = fc.oneof(fc.constantFrom(...FIELDS), letters)

/** Any JSON in which a text stands somewhere: as a value, in a longer one, as a number, or as a name. */
const around = (secret: string): fc.Arbitrary<unknown> =>
  fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constant<unknown>(secret),
      fc.constant<unknown>(`see ${secret}!`),
      fc.constant<unknown>(/^\d+$/.test(secret) ? Number(secret) : secret),
      fc.array(tie('node'), { minLength: 1, maxLength: 2 }),
      fc.tuple(field, tie('node')).map(([key, value]) => Object.fromEntries([[key, value]])),
      tie('node').map((value) => Object.fromEntries([[secret, value]])),
      fc.tuple(field, tie('node')).map(([key, value]) => ({
        ...OrderMoved.of(MOVED),
        data: Object.fromEntries([[key, value]]),
      })),
    ),
  })).node
const MOVED = { orderId: '01KB2Z5GJ9QW8X4V7T3N6M2R1C', userId: '1001', to: 'paid' } as const
const leaks = (seen: unknown, secret: string) => JSON.stringify(seen).includes(secret)

describe('what is shown of a message', () => {
  it('never says who somebody is, wherever that stands', () => {
    const withSecret = personal.chain((secret) => fc.tuple(fc.constant(secret), around(secret)))
    fc.assert(
      fc.property(withSecret, ([secret, value]) => {
        expect(leaks(redactedBody(JSON.stringify(value)), secret)).toBe(false)
      }),
      { numRuns: 2_000 },
    )
  })

  it('nor do a body that is no JSON, or the reason', () => {
    fc.assert(
      fc.property(personal, (secret) => {
        expect(leaks(redactedBody(`{"phone": ${secret}`), secret)).toBe(false)
        for (const reason of [
          secret,
          `unknown message ${secret} version 1`,
          `bad data in ${secret} version 1: data`,
          `bad data in order.accepted version 1: data.${secret}, ${secret}`,
          `/cgi-bin/message/subscribe/send: errcode 47003 (argument ${secret})`,
        ])
          expect(leaks(reasonOf(reason), secret)).toBe(false)
        for (const one of FIELDS) expect(shown(one, secret)).toBeUndefined()
      }),
    )
  })

  it('says what an operator needs of an order', () => {
    const order = {
      ...orderOf({ 10: 2 }, { userId: '1001' }),
      remark: '请尽快发货',
      address: { name: '王小明', phone: '13800138000' },
    }
    const message = { ...OrderAccepted.of(order as never), traceId: '01KB2Z5GJ9QW8X4V7T3N6M2R1D' }
    expect(redactedBody(JSON.stringify({ ...message, surprise: 1 }))).toEqual({
      ...message,
      '[field 7]': HIDDEN,
      data: {
        ...order,
        items: order.items.map((item) => ({
          ...item,
          title: HIDDEN,
          skuTitle: HIDDEN,
        })),
        remark: HIDDEN,
        address: HIDDEN,
      },
    })
  })

  it('and why it was set aside', () => {
    expect(reasonOf(undefined)).toMatch(/^its tries were used up/)
    expect(reasonOf('there is no such order')).toBe('there is no such order')
    expect(reasonOf('bad data in order.moved version 1: orderId, items.0.skuId')).toBe(
      'bad data in order.moved version 1: orderId, items.0.skuId',
    )
    expect(reasonOf('/cgi-bin/message/subscribe/send: errcode 47003 (argument)')).toBe(
      '/cgi-bin/message/subscribe/send: errcode 47003',
    )
    expect(parsed('{')).toBeUndefined()
  })
})
