import { beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { readAny } from '../../../shared/domain/orders/book.ts'
import { createFulfilment } from '../../../shared/domain/orders/fulfilment.ts'
import type { TakeStep } from '../../../shared/domain/orders/steps.ts'
import { yesterdayInChina } from '../../../shared/domain/payments/reconcile.ts'
import { readsAt } from '../../../shared/platform/database/reading.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { log } from '../../../shared/platform/telemetry/log.ts'
import type { BillRow } from '../../../shared/platform/wechat/pay/index.ts'
import { BUYER } from '../../support/orders.ts'
import { type Shop, startShop } from '../../support/payments.ts'

const UNITS = 2
/** A day in China of which no other test has payments. */
const DAY = '2026-03-08'
const NOON = '2026-03-08T12:00:00+08:00'

let shop: Shop
beforeAll(() => {
  shop = startShop(inject('endpoints'))
  vi.spyOn(log, 'error').mockImplementation(() => {})
})

/** An order that WeChat has the money of; told: so has the shop, since a time. */
async function paidOrder({ told = true, at = NOON } = {}): Promise<string> {
  const { orderId } = await shop.newOrder(await shop.newSku(9), UNITS)
  await shop.checkout.pay(BUYER, orderId)
  shop.wechat.payerPays(orderId)
  if (told) {
    const sent = shop.wechat.paymentNotice(orderId, { success_time: at })
    if (sent === undefined) throw new Error('not paid')
    await shop.notices.payment(sent.headers, sent.body)
  }
  return orderId
}

const line = (outTradeNo: string, over: Partial<BillRow> = {}): BillRow => ({
  outTradeNo,
  transactionId: 't',
  state: 'SUCCESS',
  amountFen: UNITS,
  refundFen: 0,
  ...over,
})
async function told(...ids: string[]): Promise<string[]> {
  const kinds: string[] = []
  for (const id of ids) {
    const rows = await shop.database.query<{ kind: string }>(
      sql`SELECT kind FROM payment_incidents WHERE order_id = ${id} ORDER BY id`,
    )
    kinds.push(...rows.map(({ kind }) => kind))
  }
  return kinds
}

describe("a day's bill", () => {
  it('tells each difference once, and counts money of which no notice came', async () => {
    const [right, lost, differs, absent, before, after] = [
      await paidOrder(),
      await paidOrder({ told: false }),
      await paidOrder(),
      await paidOrder(),
      await paidOrder({ at: '2026-03-07T23:59:59+08:00' }),
      await paidOrder({ at: '2026-03-09T00:00:00+08:00' }),
    ]
    await shop.refunds.decide('1', right, { decision: 'grant' })
    shop.wechat.bill = [
      line(right),
      line(lost),
      line(differs, { amountFen: UNITS + 1 }),
      line('NOBODY-KNOWS'),
      line(right, { state: 'REFUND', outRefundNo: right, refundFen: UNITS }),
      line(differs, { state: 'REFUND', outRefundNo: 'never-granted', refundFen: 1 }),
    ]
    expect(await shop.reconcile.day(DAY)).toEqual({ lines: 6, differences: 5 })
    expect(await told(right, before, after)).toEqual([])
    expect(await told(lost)).toEqual(['bill-payment-missing-here'])
    expect(await shop.status(lost)).toBe('paid')
    expect(await told(differs)).toEqual(['bill-payment-differs'])
    expect(await told(absent)).toEqual(['bill-payment-missing-there'])
    expect(await told('NOBODY-KNOWS')).toEqual(['bill-payment-missing-here'])
    expect(await told('never-granted')).toEqual(['bill-refund-missing-here'])
    // Again: nothing new to tell. What was counted by the first run is right now.
    await shop.reconcile.day(DAY)
    expect(await told(lost, differs, absent, 'NOBODY-KNOWS', 'never-granted')).toHaveLength(5)
  })

  it('is wanted of the day before, as it is in China', () => {
    expect(yesterdayInChina(new Date('2026-11-24T02:30:00Z'))).toBe('2026-11-23')
    expect(yesterdayInChina(new Date('2026-11-23T17:00:00Z'))).toBe('2026-11-23')
  })
})

describe('a parcel', () => {
  it('is taken to have arrived when its days are over, and not before', async () => {
    const [old, fresh] = [await paidOrder(), await paidOrder()]
    for (const id of [old, fresh]) {
      await shop.fulfilment.ship(id, { carrier: 'SF', trackingNo: '1' }, '1')
    }
    const longAgo = new Date(Date.now() - 10 * 86_400_000 - 60_000)
    await shop.database.write(sql`UPDATE orders SET shipped_at = ${longAgo} WHERE id = ${old}`)
    expect((await shop.fulfilment.confirmOverdue()).confirmed).toBeGreaterThanOrEqual(1)
    expect([await shop.status(old), await shop.status(fresh)]).toEqual(['completed', 'shipped'])
    const { history } = await readAny(shop.database, old)
    expect(history.at(-1)).toMatchObject({ step: 'confirm', actor: 'system' })
  })

  it('that can not be confirmed keeps no other waiting, and two runs at once confirm each once', async () => {
    const [stuck, fine] = [await paidOrder(), await paidOrder()]
    for (const [id, days] of [
      [stuck, 21],
      [fine, 20],
    ] as const) {
      await shop.fulfilment.ship(id, { carrier: 'SF', trackingNo: '1' }, '1')
      const shippedAt = new Date(Date.now() - days * 86_400_000)
      await shop.database.write(sql`UPDATE orders SET shipped_at = ${shippedAt} WHERE id = ${id}`)
    }
    const picky: TakeStep = (tx, step, order, ...rest) => {
      if (order.orderId === stuck) throw new Error('a defect')
      return take(tx, step, order, ...rest)
    }
    const { database, outbox, take } = shop
    const reads = readsAt(database)
    const fulfilment = createFulfilment({ database, outbox, take: picky, reads, confirmDays: 10 })
    const runs = await Promise.all([fulfilment.confirmOverdue(), fulfilment.confirmOverdue()])
    for (const { failed } of runs) expect(failed).toBe(1)
    expect([await shop.status(stuck), await shop.status(fine)]).toEqual(['shipped', 'completed'])
    const { history } = await readAny(shop.database, fine)
    expect(history.filter(({ step }) => step === 'confirm')).toHaveLength(1)
    await shop.fulfilment.confirmOverdue()
    expect(await shop.status(stuck)).toBe('completed')
  })
})
