import { describe, expect, it, vi } from 'vitest'
import type { OrderMessage } from '../../../shared/domain/orders/holds.ts'
import { OrderAccepted } from '../../../shared/domain/orders/messages.ts'
import type { AcceptedOrder } from '../../../shared/domain/orders/order.ts'
import { createRelay, GIVE_UP_MILLIS } from '../../../shared/domain/orders/relay.ts'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import { log } from '../../../shared/platform/telemetry/log.ts'
import { orderPath } from '../../support/order-path.ts'

const { holds, persist, giveUp, newSku, accept, stateOf, expectBalance } = orderPath()
vi.spyOn(log, 'error').mockImplementation(() => {})
vi.spyOn(log, 'warn').mockImplementation(() => {})

const past = (millis: number) => new Date(Date.now() - millis).toISOString()
const expired = { createdAt: past(2 * GIVE_UP_MILLIS), expiresAt: past(1.5 * GIVE_UP_MILLIS) }

/** A relay over these holds alone: those of other tests are not its business. */
function relayOf(
  orders: readonly AcceptedOrder[],
  over: { persist?: typeof persist; refuses?: boolean } = {},
) {
  const sent: string[] = []
  let messages: OrderMessage[] = orders.map((order) => OrderAccepted.of(order))
  const relay = createRelay({
    holds: {
      overdue: async (count) => messages.splice(0, count),
    },
    queue: {
      send: async (_, out) => {
        if (over.refuses) return { failed: out.map((__, index) => index) }
        sent.push(...out.map(({ message }) => (message.data as AcceptedOrder).orderId))
        return { failed: [] }
      },
    },
    persist: over.persist ?? persist,
    giveUp,
  })
  return {
    sent,
    run: relay,
    again: () => {
      messages = orders.map((order) => OrderAccepted.of(order))
      return relay()
    },
  }
}

describe('a hold that nobody has handled', () => {
  it('has its message sent again while its order can be paid', async () => {
    const sku = await newSku(3)
    const order = await accept({ [sku]: 1 })
    const { run, sent } = relayOf([order])
    expect(await run()).toEqual({ holds: 1, written: 0, givenUp: 0, stuck: 0 })
    expect([sent, await stateOf(order.orderId)]).toEqual([[order.orderId], undefined])
  })

  it('is written by the relay itself, long after that', async () => {
    const sku = await newSku(9)
    const orders = await Promise.all([1, 2, 3].map((units) => accept({ [sku]: units }, expired)))
    const { run, sent } = relayOf(orders)
    expect(await run()).toEqual({ holds: 0, written: 3, givenUp: 0, stuck: 0 })
    expect(sent).toEqual([])
    for (const { orderId } of orders) expect(await stateOf(orderId)).toBe('unpaid')
    await expectBalance(sku, { held: 6, available: 3 })
  })

  it('whose order the database does not take is given up, alone, and frees its units', async () => {
    const sku = await newSku(9)
    // No column takes a remark of this length.
    const poison = await accept({ [sku]: 4 }, { ...expired, remark: 'x'.repeat(5_000) })
    const good = await accept({ [sku]: 2 }, expired)
    const { run, again } = relayOf([poison, good])
    expect(await run()).toEqual({ holds: 0, written: 1, givenUp: 1, stuck: 0 })
    expect(await stateOf(poison.orderId)).toBe('failed')
    expect(await stateOf(good.orderId)).toBe('unpaid')
    expect(await holds.find(poison.orderId)).toBeUndefined()
    await expectBalance(sku, { held: 2, available: 7 })
    // A copy of its message, from the dead-letter queue or another relay, changes nothing.
    expect(await again()).toMatchObject({ givenUp: 0, stuck: 0 })
    await expectBalance(sku, { held: 2, available: 7 })
  })

  it('is given up by one of two relays at once, and by none beside the stock job', async () => {
    const sku = await newSku(9)
    const poison = await accept({ [sku]: 4 }, { ...expired, remark: 'x'.repeat(5_000) })
    const runs = await Promise.all([relayOf([poison]).run(), relayOf([poison]).run()])
    expect(runs.reduce((sum, { givenUp }) => sum + givenUp, 0)).toBe(1)
    await expectBalance(sku, { held: 0, available: 9 })

    const order = await accept({ [sku]: 4 }, expired)
    const refused = () => Promise.reject(new Error('a defect'))
    await Promise.allSettled([relayOf([order], { persist: refused }).run(), persist([order])])
    await persist([order])
    const state = await stateOf(order.orderId)
    expect(['unpaid', 'failed']).toContain(state)
    const held = state === 'unpaid' ? 4 : 0
    await expectBalance(sku, { held, available: 9 - held })
  })

  it('waits, in the queue as well, while the database does not answer', async () => {
    const sku = await newSku(3)
    const order = await accept({ [sku]: 1 }, expired)
    const away = () => Promise.reject(Unavailable.because('database', new Error('away')))
    const { run, sent } = relayOf([order], { persist: away })
    expect(await run()).toEqual({ holds: 1, written: 0, givenUp: 0, stuck: 0 })
    expect([sent, await stateOf(order.orderId)]).toEqual([[order.orderId], undefined])
    expect(await holds.find(order.orderId)).toBeDefined()
  })

  it('that is no order is told, and keeps no other waiting', async () => {
    const sku = await newSku(3)
    const order = await accept({ [sku]: 1 }, expired)
    const { run } = relayOf([{ orderId: 'x' } as AcceptedOrder, order])
    expect(await run()).toEqual({ holds: 0, written: 1, givenUp: 0, stuck: 1 })
  })
})
