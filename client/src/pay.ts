import type { Client, Data } from './client.ts'
import type { Failed } from './wx.ts'

type Order = Data<'GET /api/orders/{id}'>

/** What wx.requestPayment takes. */
export type Payment = Data<'POST /api/orders/{id}/pay'>

export type WxPayment = {
  requestPayment(options: Payment & { success(): void; fail: Failed }): void
}

/** Lets the user pay. Rejects with {@link PaymentCancelled} where the user closes it. */
export type PaymentSheet = (payment: Payment, orderId: string) => Promise<void>

/** The user closed the payment sheet; the order waits until it expires. */
export class PaymentCancelled extends Error {
  override readonly name = 'PaymentCancelled'
}

const POLL_MILLIS = [200, 400, 800, 1_500]

/**
 * Pays an order: waits until it can be paid, opens the sheet, and waits until the shop knows of the
 * money. WeChat tells the shop by itself, mostly within a second.
 * @param waitMillis how long to wait for the shop, before the sheet and after it
 * @returns the order as last read; still `unpaid` where the shop has not heard of the money in time
 */
export async function payOrder(
  shop: Client,
  orderId: string,
  sheet: PaymentSheet,
  waitMillis = 15_000,
): Promise<Order> {
  const order = await readWhile(shop, orderId, 'pending', waitMillis)
  if (order.status !== 'unpaid') return order
  const payment = await shop.request('POST /api/orders/{id}/pay', { params: { id: orderId } })
  await sheet(payment, orderId)
  return readWhile(shop, orderId, 'unpaid', waitMillis)
}

/** Reads an order again and again while it is in a state. */
async function readWhile(
  { request, clock }: Client,
  id: string,
  status: Order['status'],
  waitMillis: number,
): Promise<Order> {
  const end = clock.now() + waitMillis
  for (let turn = 0; ; turn++) {
    const order = await request('GET /api/orders/{id}', { params: { id } })
    if (order.status !== status || clock.now() >= end) return order
    await clock.sleep(POLL_MILLIS[Math.min(turn, POLL_MILLIS.length - 1)] ?? 0)
  }
}

/** The sheet of wx.requestPayment. */
export function wxPaymentSheet(wx: WxPayment): PaymentSheet {
  return (payment) =>
    new Promise((resolve, reject) => {
      wx.requestPayment({
        ...payment,
        success: () => resolve(),
        fail: ({ errMsg }) =>
          reject(/cancel/.test(errMsg) ? new PaymentCancelled(errMsg) : new Error(errMsg)),
      })
    })
}
