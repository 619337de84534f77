import { describe, expect, it } from 'vitest'
import { NetworkError, PaymentCancelled, payOrder, wxPaymentSheet } from '../../client/src/index.ts'
import { down, ok, refusal, shopOver } from './shop.ts'
import { createWx } from './wx.ts'

const PAYMENT = {
  timeStamp: '1795507200',
  nonceStr: 'nonce',
  package: 'prepay_id=1',
  signType: 'RSA' as const,
  paySign: 'sign',
}

/** A shop whose order has these states, one after the other; it stays in the last. */
function orderShop(...states: string[]) {
  let reads = 0
  return shopOver(({ url, method }) => {
    if (url.endsWith('/pay') && method === 'POST') return ok(PAYMENT)
    if (!url.endsWith('/api/orders/01M8')) return down()
    return ok({ orderId: '01M8', status: states[Math.min(reads++, states.length - 1)] })
  })
}

describe('paying an order', () => {
  const sheetOf = (does: 'paid' | 'cancelled', seen: unknown[] = []) => {
    const { wx } = createWx({
      network: async () => down(),
      pay: async ({ success: _, fail: __, ...payment }) => {
        seen.push(payment)
        return does
      },
    })
    return wxPaymentSheet(wx)
  }

  it('opens the sheet though it is still pending, and waits for the money', async () => {
    const { client, clock, sent } = orderShop('pending', 'unpaid', 'unpaid', 'paid')
    const seen: unknown[] = []
    const order = await payOrder(client(), '01M8', sheetOf('paid', seen))
    expect([order.status, seen]).toEqual(['paid', [PAYMENT]])
    expect(sent.filter(({ method }) => method === 'POST')).toHaveLength(1)
    expect(clock.waits).toEqual([200, 400])
  })

  it('says that the user closed the sheet', async () => {
    const { client } = orderShop('unpaid')
    const paying = payOrder(client(), '01M8', sheetOf('cancelled'))
    await expect(paying).rejects.toBeInstanceOf(PaymentCancelled)
  })

  it('opens no sheet for what cannot be paid', async () => {
    let reads = 0
    const { client } = shopOver(({ method }) =>
      method === 'POST'
        ? refusal(40902)
        : ok({ orderId: '01M8', status: reads++ === 0 ? 'pending' : 'failed' }),
    )
    const seen: unknown[] = []
    const order = await payOrder(client(), '01M8', sheetOf('paid', seen))
    expect([order.status, seen]).toEqual(['failed', []])
  })

  it('does not wait for ever', async () => {
    const { client, clock } = orderShop('unpaid')
    const order = await payOrder(client(), '01M8', sheetOf('paid'), 5_000)
    expect(order.status).toBe('unpaid')
    expect(clock.waits.reduce((sum, wait) => sum + wait, 0)).toBeLessThan(7_000)
  })

  it('asks again under the same key when the answer was lost, so for one payment', async () => {
    const { client, sent } = shopOver(({ method }) =>
      method === 'POST' ? down() : ok({ orderId: '01M8', status: 'unpaid' }),
    )
    const paying = payOrder(client(), '01M8', sheetOf('paid'))
    await expect(paying).rejects.toBeInstanceOf(NetworkError)
    const asked = sent.filter(({ method }) => method === 'POST')
    const keys = new Set(asked.map(({ headers }) => headers['Idempotency-Key']))
    expect([asked.length, keys.size]).toEqual([4, 1])
  })
})
