import type { History } from '../history.ts'
import type { Books, Violation } from './books.ts'

/** States in which the shop keeps the money. */
const KEEPS = ['paid', 'shipped', 'completed', 'refunding']

/**
 * Nobody pays twice: what WeChat has taken for an order less what it paid back is the order's total where
 * the shop owes goods, and nothing otherwise; and the shop's books say the same as WeChat's.
 */
export function nobodyPaysTwice({ purchases }: History, books: Books): Violation[] {
  const rule = 'nobody pays twice'
  const orders = new Map(books.orders.map((order) => [order.orderId, order]))
  const payments = new Map(books.payments.map((payment) => [payment.orderId, payment]))
  const refunds = new Map(books.refunds.map((refund) => [refund.orderId, refund]))
  const traces = new Map(
    purchases.flatMap(({ accepted, trace }) => accepted.map((id) => [id, trace])),
  )
  const violations: Violation[] = []
  const report = (orderId: string, what: string) => {
    violations.push({ rule, what, orders: [orderId], traces: [traces.get(orderId) ?? ''] })
  }
  for (const { orderId, paidFen, refundedFen } of books.wechat) {
    const order = orders.get(orderId)
    const owed = order !== undefined && KEEPS.includes(order.state) ? order.totalFen : 0
    if (paidFen - refundedFen !== owed) {
      const state = order?.state ?? 'not there'
      report(orderId, `order ${orderId}, ${state}: ${paidFen} fen paid, ${refundedFen} back`)
    }
    const counted = payments.get(orderId)?.amountFen ?? 0
    if (counted !== paidFen) {
      report(orderId, `order ${orderId}: WeChat took ${paidFen} fen, the shop counts ${counted}`)
    }
    const refund = refunds.get(orderId)
    const back = refund?.state === 'succeeded' ? refund.amountFen : 0
    if (back !== refundedFen) {
      report(
        orderId,
        `order ${orderId}: WeChat paid back ${refundedFen} fen, the shop says ${back}`,
      )
    }
  }
  const atWechat = new Set(books.wechat.map(({ orderId }) => orderId))
  for (const orderId of payments.keys()) {
    if (!atWechat.has(orderId)) report(orderId, `order ${orderId} was paid, and WeChat has nothing`)
  }
  return violations
}

/** Claims that were confirmed are there, once; and a claim is used by as many orders as it says. */
export function couponsBalance(history: History, books: Books): Violation[] {
  const rule = 'coupons balance'
  const confirmed = history.claims.flatMap(({ shopper, couponId, trace }) => {
    const userId = history.shoppers.get(shopper)?.userId
    const row = books.claims.find((one) => one.userId === userId && one.couponId === couponId)
    if (row?.claimed === 1) return []
    const what = `${shopper} claimed coupon ${couponId}, and has it ${row?.claimed ?? 0} times`
    return [{ rule, what, traces: [trace] }]
  })
  const used = books.claims.flatMap(({ userId, couponId, claimed, used, uses }) =>
    used === uses && used <= claimed
      ? []
      : [{ rule, what: `user ${userId}, coupon ${couponId}: ${used} used, ${uses} in orders` }],
  )
  return [...confirmed, ...used]
}
