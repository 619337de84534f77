import fc from 'fast-check'
import { ulid } from 'ulid'
import { beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { WrongState } from '../../../shared/domain/orders/errors.ts'
import { readHistory } from '../../../shared/domain/orders/history.ts'
import { SYSTEM } from '../../../shared/domain/orders/machine.ts'
import { readPayment } from '../../../shared/domain/payments/repository.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import { log } from '../../../shared/platform/telemetry/log.ts'
import { WechatPayError } from '../../../shared/platform/wechat/pay/index.ts'
import { BUYER } from '../../support/orders.ts'
import { type Shop, startShop } from '../../support/payments.ts'

let shop: Shop
beforeAll(() => {
  shop = startShop(inject('endpoints'))
  // Incidents are logged as errors, and here they are what is wanted.
  vi.spyOn(log, 'error').mockImplementation(() => {})
})

const UNITS = 2
const STOCK = 10
type Kind = keyof typeof moves

/** What may happen to an order, in any order and at once. Refusals are answers, not failures. */
const moves = {
  pay: (id: string) => shop.checkout.pay(BUYER, id),
  payer: async (id: string) => shop.wechat.payerPays(id),
  notice: async (id: string) => {
    const sent = shop.wechat.paymentNotice(id)
    if (sent) await shop.notices.payment(sent.headers, sent.body)
  },
  cancel: (id: string) => shop.close(id, { actor: { kind: 'user', id: BUYER }, reason: 'x' }),
  expire: (id: string) => shop.close(id, { actor: SYSTEM, reason: 'not paid in time' }),
  ship: (id: string) => shop.fulfilment.ship(id, { carrier: 'SF', trackingNo: '1' }, '1'),
  confirm: (id: string) => shop.fulfilment.confirm(BUYER, id),
  ask: (id: string) => shop.refunds.ask(BUYER, id, 'x'),
  grant: (id: string) => shop.refunds.decide('1', id, { decision: 'grant' }),
  refuse: (id: string) => shop.refunds.decide('1', id, { decision: 'refuse' }),
  finish: async (id: string) => shop.wechat.finishRefunds(id),
  refundNotice: async (id: string) => {
    for (const sent of shop.wechat.refundNotices(id)) {
      await shop.notices.refund(sent.headers, sent.body)
    }
  },
  watch: (id: string) => shop.watch.check(id),
} satisfies Record<string, (id: string) => Promise<unknown>>

async function attempt(kind: Kind, id: string): Promise<void> {
  try {
    await moves[kind](id)
  } catch (error) {
    if (!(error instanceof WrongState || error instanceof Unavailable)) throw error
  }
}

/** At last everything arrives: notices, and the answers to all questions. */
async function drain(id: string): Promise<void> {
  for (const kind of ['notice', 'watch', 'finish', 'refundNotice'] as const) await attempt(kind, id)
  await shop.payback.push(id)
  await attempt('finish', id)
  await attempt('refundNotice', id)
}

async function expectBalanced(id: string, sku: string): Promise<void> {
  const status = await shop.status(id)
  const net = shop.wechat.netFen(id)
  const kept = ['paid', 'shipped', 'completed', 'refunding'].includes(status ?? '')
  expect({ status, net }).toEqual({ status, net: kept ? UNITS : 0 })
  const payment = await readPayment(shop.database, id)
  const paidThere = shop.wechat.orders.get(id)?.state === 'SUCCESS'
  expect(payment?.amountFen).toBe(paidThere ? UNITS : undefined)
  const view = await shop.stock.view(sku)
  expect(view.received).toBe(view.sold + view.held + view.available)
  const sold = kept || status === 'refunded'
  expect(view).toMatchObject({ sold: sold ? UNITS : 0, held: status === 'unpaid' ? UNITS : 0 })
  const restocked = view.received - STOCK
  expect(restocked === 0 || (restocked === UNITS && status === 'refunded')).toBe(true)
  // Each step begins where the last one ended.
  const history = await readHistory(shop.database, id)
  expect(history.filter(({ step }) => step === 'pay').length).toBeLessThanOrEqual(1)
  expect(history.filter(({ step }) => step === 'refund').length).toBeLessThanOrEqual(1)
  expect(history.at(-1)?.status).toBe(status)
  const told = shop.sent.filter(
    ({ message }) =>
      message.type === 'order.moved' && (message.data as { orderId: string }).orderId === id,
  )
  const perState = new Map<string, number>()
  for (const { message } of told) {
    const { to } = message.data as { to: string }
    perState.set(to, (perState.get(to) ?? 0) + 1)
  }
  // To the queues notify and email.
  for (const count of perState.values()) expect(count).toBe(2)
}

const kinds = fc.constantFrom(...(Object.keys(moves) as Kind[]))
/** Groups of moves that happen at once, one group after the other; paying comes more often. */
const story = fc.array(
  fc.array(fc.oneof(kinds, fc.constantFrom<Kind>('pay', 'payer', 'notice', 'cancel')), {
    minLength: 1,
    maxLength: 5,
  }),
  { maxLength: 8 },
)

describe('money', () => {
  it('is where the order says, whatever happens in which order and at once', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (groups) => {
        const sku = await shop.newSku(STOCK)
        const { orderId } = await shop.newOrder(sku, UNITS)
        for (const group of groups) await Promise.all(group.map((kind) => attempt(kind, orderId)))
        await drain(orderId)
        await expectBalanced(orderId, sku)
      }),
      { numRuns: 30 },
    )
  }, 120_000)

  it('is counted once though its notice comes 20 times at once', async () => {
    const sku = await shop.newSku(STOCK)
    const { orderId } = await shop.newOrder(sku, UNITS)
    await attempt('pay', orderId)
    shop.wechat.payerPays(orderId)
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => {
        const sent = shop.wechat.paymentNotice(orderId)
        if (sent === undefined) throw new Error('not paid')
        return shop.notices.payment(sent.headers, sent.body)
      }),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(await shop.status(orderId)).toBe('paid')
    await expectBalanced(orderId, sku)
    expect(await readHistory(shop.database, orderId)).toMatchObject([
      { step: 'accept', actor: 'user' },
      { step: 'pay', actor: 'wechat' },
    ])
  })

  it('that comes after the cancel goes back by itself, and leaves the stock alone', async () => {
    const sku = await shop.newSku(STOCK)
    const { orderId } = await shop.newOrder(sku, UNITS)
    await attempt('pay', orderId)
    await attempt('cancel', orderId)
    // WeChat closed it, so this can't happen; the notice of a payment in flight may still come.
    const known = shop.wechat.orders.get(orderId)
    if (known) known.state = 'SUCCESS'
    await attempt('notice', orderId)
    expect(await shop.status(orderId)).toBe('cancelled')
    expect(shop.wechat.netFen(orderId)).toBe(0)
    expect(await shop.stock.view(sku)).toMatchObject({ sold: 0, held: 0, available: STOCK })
    const incidents = await shop.database.query<{ kind: string }>(
      sql`SELECT kind FROM payment_incidents WHERE order_id = ${orderId}`,
    )
    expect(incidents).toEqual([{ kind: 'late-money' }])
    await attempt('finish', orderId)
    await attempt('refundNotice', orderId)
    await expectBalanced(orderId, sku)
  })

  it('of another amount, or for no order, is not counted, and a person is told', async () => {
    const { orderId } = await shop.newOrder(await shop.newSku(STOCK), UNITS)
    await attempt('pay', orderId)
    shop.wechat.payerPays(orderId)
    const wrong = shop.wechat.paymentNotice(orderId, { amount: { total: 1, currency: 'CNY' } })
    const nowhere = ulid()
    const unknown = shop.wechat.paymentNotice(orderId, { out_trade_no: nowhere })
    for (const sent of [wrong, unknown]) {
      const { status } = await shop.notices.payment(sent?.headers ?? {}, sent?.body ?? Buffer.of())
      expect(status).toBe(400)
    }
    expect(await shop.status(orderId)).toBe('unpaid')
    const kinds = await shop.database.query<{ kind: string }>(
      sql`SELECT kind FROM payment_incidents
          WHERE order_id IN (${orderId}, ${nowhere}) ORDER BY kind`,
    )
    expect(kinds.map(({ kind }) => kind)).toEqual(['unknown-order', 'wrong-amount'])
  })

  it('that WeChat reports in an odd form is refused, and each odd one is told', async () => {
    const { orderId } = await shop.newOrder(await shop.newSku(STOCK), UNITS)
    await attempt('pay', orderId)
    shop.wechat.payerPays(orderId)
    const odd = [
      { transaction_id: undefined },
      { transaction_id: 'x'.repeat(33) },
      { amount: undefined },
      { out_trade_no: '订单' },
    ]
    for (const over of odd) {
      const sent = shop.wechat.paymentNotice(orderId, over)
      const { status } = await shop.notices.payment(sent?.headers ?? {}, sent?.body ?? Buffer.of())
      expect([over, status]).toEqual([over, 400])
    }
    expect(await shop.status(orderId)).toBe('unpaid')
    await attempt('notice', orderId)
    for (const transaction_id of ['other-1', 'other-2']) {
      const sent = shop.wechat.paymentNotice(orderId, { transaction_id })
      await shop.notices.payment(sent?.headers ?? {}, sent?.body ?? Buffer.of())
    }
    const told = await shop.database.query<{ detail: string }>(
      sql`SELECT detail FROM payment_incidents
          WHERE order_id = ${orderId} AND kind = 'second-transaction'`,
    )
    expect(told).toHaveLength(2)
  })

  it('that was late, and whose refund WeChat has closed, is sent back anew by an admin, once', async () => {
    const { orderId } = await shop.newOrder(await shop.newSku(STOCK), UNITS)
    await attempt('pay', orderId)
    await attempt('cancel', orderId)
    const known = shop.wechat.orders.get(orderId)
    if (known) known.state = 'SUCCESS'
    await attempt('notice', orderId)
    await expect(moves.grant(orderId)).rejects.toThrow(WrongState)
    const first = shop.wechat.refunds.get(orderId)
    if (first === undefined) throw new Error('nothing was sent back')
    first.state = 'CLOSED'
    await shop.payback.apply(first)
    await moves.grant(orderId)
    await expect(moves.grant(orderId)).rejects.toThrow(WrongState)
    expect([...shop.wechat.refunds.keys()].filter((no) => no.startsWith(orderId))).toEqual([
      orderId,
      `${orderId}-2`,
    ])
    await attempt('finish', orderId)
    await attempt('refundNotice', orderId)
    expect([await shop.status(orderId), shop.wechat.netFen(orderId)]).toEqual(['cancelled', 0])
  })

  it('is no matter for a person where WeChat closes a refund that was never sent', async () => {
    const { orderId } = await shop.newOrder(await shop.newSku(STOCK), UNITS)
    for (const kind of ['pay', 'payer', 'notice', 'ask'] as const) await attempt(kind, orderId)
    const said = { outTradeNo: orderId, outRefundNo: orderId, refundId: '1', refundFen: UNITS }
    expect(await shop.payback.apply({ ...said, state: 'CLOSED' })).toBe(false)
    const told = await shop.database.query(
      sql`SELECT id FROM payment_incidents WHERE order_id = ${orderId}`,
    )
    expect(told).toEqual([])
  })

  it('that is granted unasked does not repeat the words of a request that was refused', async () => {
    const { orderId } = await shop.newOrder(await shop.newSku(STOCK), UNITS)
    for (const kind of ['pay', 'payer', 'notice', 'ask', 'refuse'] as const) {
      await attempt(kind, orderId)
    }
    await moves.grant(orderId)
    const history = await readHistory(shop.database, orderId)
    expect(history.find(({ step }) => step === 'askRefund')?.reason).toBe('x')
    expect(history.find(({ step }) => step === 'grantRefund')).not.toHaveProperty('reason')
  })

  it('that went back is noted once though WeChat tells it five times at once', async () => {
    const { orderId } = await shop.newOrder(await shop.newSku(STOCK), UNITS)
    for (const kind of ['pay', 'payer', 'notice', 'grant', 'finish'] as const) {
      await attempt(kind, orderId)
    }
    const sent = shop.wechat.refundNotices(orderId)
    const five = [...sent, ...sent, ...sent, ...sent, ...sent]
    const answers = await Promise.all(
      five.map(({ headers, body }) => shop.notices.refund(headers, body)),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(200))
    expect(await shop.status(orderId)).toBe('refunded')
  })

  it('that is slow to ask about keeps no refund waiting', async () => {
    const slow = await shop.newOrder(await shop.newSku(STOCK), UNITS)
    await attempt('pay', slow.orderId)
    const granted = await shop.newOrder(await shop.newSku(STOCK), UNITS)
    for (const kind of ['pay', 'payer', 'notice', 'ask'] as const) {
      await attempt(kind, granted.orderId)
    }
    const { query, refund } = shop.wechat
    shop.wechat.refund = () => Promise.reject(Unavailable.because('wechat-pay', new Error('away')))
    await attempt('grant', granted.orderId)
    shop.wechat.refund = refund
    const due = new Date(0)
    await shop.database.write(
      sql`UPDATE prepays SET check_at = ${due} WHERE order_id = ${slow.orderId}`,
    )
    await shop.database.write(
      sql`UPDATE refunds SET check_at = ${due} WHERE order_id = ${granted.orderId}`,
    )
    let answer = () => {}
    shop.wechat.query = () =>
      new Promise((resolve) => {
        answer = () => resolve(undefined)
      })
    const run = shop.watch.run()
    await vi.waitFor(() => expect(shop.wechat.refunds.has(granted.orderId)).toBe(true), 5_000)
    shop.wechat.query = query
    answer()
    await run
  })

  it('is no more asked about once the order is closed here and there', async () => {
    const { orderId } = await shop.newOrder(await shop.newSku(STOCK), UNITS)
    await attempt('pay', orderId)
    await attempt('cancel', orderId)
    await attempt('watch', orderId)
    const rows = await shop.database.query<{ settled: number }>(
      sql`SELECT settled FROM prepays WHERE order_id = ${orderId}`,
    )
    expect(rows).toEqual([{ settled: 1 }])
  })

  it('whose notice is lost is found by asking', async () => {
    const sku = await shop.newSku(STOCK)
    const { orderId } = await shop.newOrder(sku, UNITS)
    await attempt('pay', orderId)
    shop.wechat.payerPays(orderId)
    await shop.database.write(
      sql`UPDATE prepays SET check_at = ${new Date(0)} WHERE order_id = ${orderId}`,
    )
    await shop.watch.run()
    expect(await shop.status(orderId)).toBe('paid')
  })

  it('is asked about by one of two runs at once', async () => {
    const { orderId } = await shop.newOrder(await shop.newSku(STOCK), UNITS)
    await attempt('pay', orderId)
    await shop.database.write(
      sql`UPDATE prepays SET check_at = ${new Date(0)} WHERE order_id = ${orderId}`,
    )
    const asked: string[] = []
    const { query } = shop.wechat
    shop.wechat.query = (id) => {
      asked.push(id)
      return query(id)
    }
    await Promise.all([shop.watch.run(), shop.watch.run()])
    shop.wechat.query = query
    expect(asked.filter((id) => id === orderId)).toHaveLength(1)
  })

  it('keeps an order open while WeChat can not say whether it was paid', async () => {
    const { orderId } = await shop.newOrder(await shop.newSku(STOCK), UNITS)
    await attempt('pay', orderId)
    const { close } = shop.wechat
    shop.wechat.close = () => Promise.reject(Unavailable.because('wechat-pay', new Error('away')))
    await expect(moves.cancel(orderId)).rejects.toThrow(Unavailable)
    expect(await shop.status(orderId)).toBe('unpaid')
    shop.wechat.close = close
    await moves.cancel(orderId)
    expect(await shop.status(orderId)).toBe('cancelled')
  })
})

describe('a payment that WeChat will not prepare', () => {
  const refuse = (code: string, meanwhile: () => Promise<unknown> = async () => {}) => {
    const { prepay } = shop.wechat
    shop.wechat.prepay = async () => {
      await meanwhile()
      throw new WechatPayError(code, 400, 'prepay')
    }
    return () => {
      shop.wechat.prepay = prepay
    }
  }

  it('is 503 where the reason is none of the buyer, and 409 where the order was closed meanwhile', async () => {
    const first = await shop.newOrder(await shop.newSku(STOCK), UNITS)
    let restore = refuse('SIGN_ERROR')
    await expect(moves.pay(first.orderId)).rejects.toThrow(Unavailable)
    restore()
    expect(await moves.pay(first.orderId)).toMatchObject({ signType: 'RSA' })
    const second = await shop.newOrder(await shop.newSku(STOCK), UNITS)
    restore = refuse('INVALID_REQUEST', () => moves.cancel(second.orderId))
    await expect(moves.pay(second.orderId)).rejects.toThrow(WrongState)
    restore()
    expect(await shop.status(second.orderId)).toBe('cancelled')
  })
})

describe('a thousand tampered notices', () => {
  it('change nothing', async () => {
    const { orderId } = await shop.newOrder(await shop.newSku(STOCK), UNITS)
    await attempt('pay', orderId)
    shop.wechat.payerPays(orderId)
    const sent = shop.wechat.paymentNotice(orderId)
    if (sent === undefined) throw new Error('not paid')
    const parts = ['body', ...Object.keys(sent.headers)].filter((name) => !name.endsWith('-type'))
    let tampered = 0
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...parts),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (part, at, flip) => {
          const headers: Record<string, string> = { ...sent.headers }
          const body = Buffer.from(sent.body)
          const bytes = part === 'body' ? body : Buffer.from(headers[part] ?? '', 'latin1')
          const where = at % bytes.length
          bytes[where] = (bytes[where] ?? 0) ^ flip
          if (part !== 'body') headers[part] = bytes.toString('latin1')
          fc.pre(signatureOf(headers) !== signatureOf(sent.headers) || part !== SIGNATURE)
          const { status } = await shop.notices.payment(headers, body)
          expect(status).toBe(401)
          tampered++
        },
      ),
      { numRuns: 1000 },
    )
    expect(tampered).toBeGreaterThanOrEqual(1000)
    expect(await shop.status(orderId)).toBe('unpaid')
    await attempt('notice', orderId)
    expect(await shop.status(orderId)).toBe('paid')
  })
})

const SIGNATURE = 'wechatpay-signature'
/** Its bytes: some ways to write them in base64 differ and mean the same. */
function signatureOf(headers: Record<string, string>): string {
  return Buffer.from(headers[SIGNATURE] ?? '', 'base64').toString('hex')
}
