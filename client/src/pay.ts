import { codes } from './api.generated.ts'
import type { Client, Data } from './client.ts'
import { ApiError } from './errors.ts'
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
 * Pays an order, one that is still pending too: opens the sheet, and waits until the shop knows of the
 * money. WeChat tells the shop by itself, mostly within a second.
 * @param waitMillis how long to wait for the shop after the sheet
 * @returns the order as last read; still `unpaid` where the shop has not heard of the money in time, and
 *   as it is where it can't be paid
 */
export async function payOrder(
  shop: Client,
  orderId: string,
  sheet: PaymentSheet,
  waitMillis = 15_000,
): Promise<Order> {
  const params = { id: orderId }
  const order = await shop.request('GET /api/orders/{id}', { params })
  if (order.status !== 'pending' && order.status !== 'unpaid') return order
  let payment: Payment
  try {
    payment = await shop.request('POST /api/orders/{id}/pay', { params })
  } catch (error) {
    // Paid, closed, or found to be out of stock a moment ago.
    if (!(error instanceof ApiError) || error.code !== codes.wrongState) throw error
    return shop.request('GET /api/orders/{id}', { params })
  }
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
