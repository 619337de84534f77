import type { Database } from '../../platform/database/database.ts'
import { log } from '../../platform/telemetry/log.ts'
import type { BillRow, WechatPay } from '../../platform/wechat/pay/index.ts'
import { type Incident, report } from './incidents.ts'
import { readRefundsByNo } from './refund-repository.ts'
import { readPaid, readPaidBetween } from './repository.ts'

const DAY_MILLIS = 86_400_000
/** Bills are made by days in China, which knows no summer time. */
const CHINA_MILLIS = 8 * 3_600_000

export type ReconcileDeps = {
  database: Database
  wechat: Pick<WechatPay, 'tradeBill'>
  /** Asks WeChat whether an order was paid, and counts the money. */
  check(orderId: string): Promise<void>
}

/** Day by day: what WeChat's bill says against the books, in both directions. */
export function createReconcile({ database, wechat, check }: ReconcileDeps) {
  /** Money that WeChat has and the books don't is asked about, and so counted, before it is told. */
  async function missingHere(rows: readonly BillRow[]): Promise<Incident[]> {
    const ids = [...new Set(rows.map(({ outTradeNo }) => outTradeNo))]
    const known = await readPaid(database, ids)
    for (const id of ids.filter((each) => !known.has(each))) {
      await check(id).catch((error: unknown) => {
        log.warn('a payment of the bill can not be counted', {
          orderId: id,
          error: (error as Error).name,
        })
      })
    }
    const counted = await readPaid(database, ids)
    return rows.flatMap(({ outTradeNo: orderId, amountFen }): Incident[] => {
      const here = counted.get(orderId)
      if (here === undefined || !known.has(orderId)) {
        const detail = `the bill has ${amountFen} fen, the books had nothing`
        return [{ kind: 'bill-payment-missing-here', orderId, detail }]
      }
      if (here === amountFen) return []
      const detail = `the bill has ${amountFen} fen, the books ${here}`
      return [{ kind: 'bill-payment-differs', orderId, detail }]
    })
  }

  async function missingThere(date: string, rows: readonly BillRow[]): Promise<Incident[]> {
    const from = new Date(Date.parse(`${date}T00:00:00Z`) - CHINA_MILLIS)
    const paid = await readPaidBetween(database, from, new Date(from.getTime() + DAY_MILLIS))
    const billed = new Set(rows.map(({ outTradeNo }) => outTradeNo))
    return [...paid]
      .filter(([orderId]) => !billed.has(orderId))
      .map(([orderId, amountFen]) => ({
        kind: 'bill-payment-missing-there',
        orderId,
        detail: `the books have ${amountFen} fen, the bill of ${date} has nothing`,
      }))
  }

  async function refunds(rows: readonly BillRow[]): Promise<Incident[]> {
    const known = await readRefundsByNo(
      database,
      rows.flatMap(({ outRefundNo }) => outRefundNo ?? []),
    )
    return rows.flatMap(({ outRefundNo = '', outTradeNo, refundFen }): Incident[] => {
      const here = known.get(outRefundNo)
      const orderId = outRefundNo || outTradeNo
      if (here === undefined) {
        const detail = `the bill has ${refundFen} fen back for ${outTradeNo}, the books nothing`
        return [{ kind: 'bill-refund-missing-here', orderId, detail }]
      }
      if (here.amountFen === refundFen && here.orderId === outTradeNo) return []
      const detail = `the bill has ${refundFen} fen back, the books ${here.amountFen}`
      return [{ kind: 'bill-refund-differs', orderId, detail }]
    })
  }

  return {
    /**
     * Compares one day. May be run again: what was told is not told twice.
     * @param date `YYYY-MM-DD` in China's time; WeChat has a day's bill from 10:00 of the next
     * @throws where WeChat does not give the bill, or the database fails
     */
    async day(date: string): Promise<{ lines: number; differences: number }> {
      const rows = await wechat.tradeBill(date)
      const payments = rows.filter(({ state }) => state === 'SUCCESS')
      const differences = [
        ...(await missingHere(payments)),
        ...(await missingThere(date, payments)),
        ...(await refunds(rows.filter(({ state }) => state === 'REFUND'))),
      ]
      for (const difference of differences) await report(database, difference)
      return { lines: rows.length, differences: differences.length }
    },
  }
}

export type Reconcile = ReturnType<typeof createReconcile>

/** @returns the day before `now` in China, as `YYYY-MM-DD` */
export function yesterdayInChina(now: Date): string {
  return new Date(now.getTime() + CHINA_MILLIS - DAY_MILLIS).toISOString().slice(0, 10)
}
