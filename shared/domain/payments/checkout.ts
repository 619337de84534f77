import type { Database } from '../../platform/database/database.ts'
import { NotFound } from '../../platform/errors/standard.ts'
import { log } from '../../platform/telemetry/log.ts'
import {
  type RequestPayment,
  type WechatPay,
  WechatPayError,
} from '../../platform/wechat/pay/index.ts'
import { WrongState } from '../orders/errors.ts'
import type { OrderView } from '../orders/order.ts'
import { lockOrder } from '../orders/repository.ts'
import { orUnavailable } from './errors.ts'
import { addPrepay, readPrepay, setPrepayId } from './repository.ts'

/** WeChat's prepay ids are good for two hours; one that is nearly over is not handed out again. */
const PREPAY_MILLIS = 110 * 60_000
/** How long a payer is left alone before WeChat is asked whether the money came without a notice. */
const FIRST_CHECK_MILLIS = 60_000

export type CheckoutDeps = {
  database: Database
  wechat: Pick<WechatPay, 'prepay' | 'close' | 'requestPayment'>
  /** The user's order, written to the database where it was still pending. @throws NotFound */
  order(userId: string, orderId: string): Promise<OrderView>
  openid(userId: string): Promise<string | undefined>
  /** Asks WeChat whether the order was paid, and counts it. */
  check(orderId: string): Promise<void>
}

/** Begins a payment: what `wx.requestPayment` needs. */
export function createCheckout({ database, wechat, order: read, openid, check }: CheckoutDeps) {
  /**
   * Notes that the order may be paid before WeChat hears of it, so that whoever closes the order
   * closes it at WeChat first. @throws WrongState
   */
  async function begin(orderId: string): Promise<string | undefined> {
    return database.transaction(async (tx) => {
      const order = await lockOrder(tx, orderId)
      if (order?.state !== 'unpaid') throw new WrongState({ status: order?.state })
      await addPrepay(tx, orderId, new Date(Date.now() + FIRST_CHECK_MILLIS))
      const prepay = await readPrepay(tx, orderId)
      const fresh = prepay !== undefined && Date.now() - prepay.createdAt.getTime() < PREPAY_MILLIS
      return fresh ? prepay.prepayId : undefined
    })
  }

  async function prepay(userId: string, order: OrderView): Promise<string> {
    const { orderId, totalFen, expiresAt } = order
    const payer = await openid(userId)
    if (payer === undefined) throw new NotFound()
    const prepared = wechat.prepay({
      outTradeNo: orderId,
      description: descriptionOf(order),
      amountFen: totalFen,
      openid: payer,
      expiresAt,
    })
    try {
      return await prepared
    } catch (error) {
      if (!(error instanceof WechatPayError)) throw error
      log.warn('WeChat Pay refuses to prepare an order', { orderId, code: error.code })
      // Paid already, and the notice has not come yet; or closed meanwhile.
      await check(orderId)
      const { status } = await read(userId, orderId)
      if (status !== 'unpaid') throw new WrongState({ status })
      return orUnavailable(prepared)
    }
  }

  return {
    /**
     * @returns the arguments of `wx.requestPayment`; the same payment however often it is asked for
     * @throws NotFound, WrongState, Unavailable
     */
    async pay(userId: string, id: string): Promise<RequestPayment> {
      const order = await read(userId, id)
      const { orderId } = order
      const expired = Date.parse(order.expiresAt) <= Date.now()
      if (order.status !== 'unpaid' || expired) throw new WrongState({ status: order.status })
      const earlier = await begin(orderId)
      if (earlier !== undefined) return wechat.requestPayment(earlier)
      const prepayId = await prepay(userId, order)
      await setPrepayId(database, orderId, prepayId)
      // Closed while WeChat prepared it: nobody is to pay it any more.
      const { status } = await read(userId, orderId)
      if (status !== 'unpaid') {
        await orUnavailable(wechat.close(orderId))
        throw new WrongState({ status })
      }
      return wechat.requestPayment(prepayId)
    },
  }
}

export type Checkout = ReturnType<typeof createCheckout>

/** What the payer reads in WeChat: the first thing of the order, and how many kinds there are. */
function descriptionOf({ items }: OrderView): string {
  const title = items[0]?.title ?? ''
  return items.length > 1 ? `${title.slice(0, 100)} 等${items.length}件` : title
}
