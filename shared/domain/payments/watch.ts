import type { Database } from '../../platform/database/database.ts'
import { log } from '../../platform/telemetry/log.ts'
import { outOfTime } from '../../platform/telemetry/scope.ts'
import type { WechatPay } from '../../platform/wechat/pay/index.ts'
import { readOrder } from '../orders/repository.ts'
import { orUnavailable, PaymentMismatch } from './errors.ts'
import { putOffRefund, readDueRefunds } from './refund-repository.ts'
import { type Due, putOffPrepay, readDuePrepays, settlePrepay } from './repository.ts'
import type { Settle } from './settle.ts'

const BATCH = 50
const MINUTE_MILLIS = 60_000
/** The longest wait between two questions is 2^10 minutes, two thirds of a day. */
const MOST_DOUBLINGS = 10

export type WatchDeps = {
  database: Database
  wechat: Pick<WechatPay, 'query'>
  settle: Settle
  /** Moves an order's refund on; never throws. */
  push(orderId: string): Promise<void>
}

/** Doubts about payments and refunds are ended by asking WeChat: ever less often, until it is known. */
export function createWatch({ database, wechat, settle, push }: WatchDeps) {
  /**
   * Asks WeChat whether an order was paid, and counts the money where it was.
   * @throws Unavailable where WeChat does not answer
   */
  async function check(orderId: string): Promise<void> {
    const found = await orUnavailable(wechat.query(orderId))
    if (found?.state === 'SUCCESS' || found?.state === 'REFUND') {
      await settle(found)
      return
    }
    const order = await readOrder(database, orderId)
    // Nobody can pay what is closed here and there.
    if (order?.status !== 'unpaid') await settlePrepay(database, orderId)
  }

  /**
   * Handles what is due, as far as time goes. Each is put off first: one that fails must not keep the others
   * waiting, and of two runs at once one has it.
   */
  async function each(
    readDue: typeof readDuePrepays,
    putOff: typeof putOffPrepay,
    work: (orderId: string) => Promise<void>,
  ): Promise<number> {
    const now = new Date()
    let done = 0
    for (;;) {
      const due = await readDue(database, now, BATCH)
      done += await handle(due, putOff, work)
      if (due.length < BATCH || outOfTime()) return done
    }
  }

  async function handle(
    due: readonly Due[],
    putOff: typeof putOffPrepay,
    work: (orderId: string) => Promise<void>,
  ): Promise<number> {
    let done = 0
    for (const one of due) {
      if (outOfTime()) break
      const wait = MINUTE_MILLIS * 2 ** Math.min(one.checks, MOST_DOUBLINGS)
      if (!(await putOff(database, one, new Date(Date.now() + wait)))) continue
      try {
        await work(one.orderId)
        done++
      } catch (error) {
        if (!(error instanceof PaymentMismatch)) {
          log.warn('a payment can not be checked now', { orderId: one.orderId })
        }
      }
    }
    return done
  }

  return {
    check,

    /** One run of the minute's job. @returns how many payments and refunds were asked about */
    async run(): Promise<{ payments: number; refunds: number }> {
      // Side by side: while one kind of question is slow, the other is not to wait.
      const [payments, refunds] = await Promise.all([
        each(readDuePrepays, putOffPrepay, check),
        each(readDueRefunds, putOffRefund, push),
      ])
      return { payments, refunds }
    },
  }
}

export type Watch = ReturnType<typeof createWatch>
