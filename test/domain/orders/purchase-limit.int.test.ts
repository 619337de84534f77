import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SYSTEM } from '../../../shared/domain/orders/machine.ts'
import { OrderAccepted } from '../../../shared/domain/orders/messages.ts'
import type { AcceptedOrder } from '../../../shared/domain/orders/order.ts'
import { orderPath } from '../../support/order-path.ts'
import { orderOf } from '../../support/orders.ts'

const { holds, persist, close, newSku } = orderPath()

const freshId = () => String(4_000_000_000 + Math.floor(Math.random() * 1_000_000_000))

/** Orders that arrive at once, and what is then done with one of those that are held. */
const step = fc.record({
  orders: fc.array(
    fc.record({ buyer: fc.nat({ max: 1 }), units: fc.integer({ min: 1, max: 3 }) }),
    { minLength: 1, maxLength: 6 },
  ),
  after: fc.constantFrom('nothing', 'persist', 'cancel', 'cancel twice'),
  which: fc.nat(),
})

it('no buyer ever has more than the limit, and each can have all of it, across cancels and at once', async () => {
  const property = async (
    limit: number,
    steps: (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[],
  ) => {
    const sku = await newSku(1_000)
    const buyers = [freshId(), freshId()]
    let kept: AcceptedOrder[] = []
    const has = (userId: string) =>
      kept
        .filter((order) => order.userId === userId)
        .reduce((sum, { items }) => sum + (items[0]?.quantity ?? 0), 0)
    const place = async (userId: string, units: number) => {
      const order = orderOf({ [sku]: units }, { userId })
      const { outcome } = await holds.place({
        ...{ message: OrderAccepted.of(order), key: order.orderId, bodyHash: 'h', answer: '{}' },
        limits: [limit],
      })
      expect(['held', 'over']).toContain(outcome)
      return outcome === 'held' ? [order] : []
    }
    for (const { orders, after, which } of steps) {
      const placed = await Promise.all(
        orders.map(({ buyer, units }) => place(buyers[buyer] as string, units)),
      )
      kept.push(...placed.flat())
      const chosen = kept[which % Math.max(1, kept.length)]
      if (chosen !== undefined && after !== 'nothing') await persist([chosen])
      if (chosen !== undefined && after.startsWith('cancel')) {
        const how = { actor: SYSTEM, reason: 'test' }
        await close(chosen.orderId, how)
        // A cancel that comes again takes nothing off what others of the buyer's orders have.
        if (after === 'cancel twice') await close(chosen.orderId, how).catch(() => undefined)
        kept = kept.filter((order) => order !== chosen)
      }
      for (const buyer of buyers) expect(has(buyer)).toBeLessThanOrEqual(limit)
    }
    for (const buyer of buyers) {
      const left = limit - has(buyer)
      expect(await place(buyer, left + 1)).toEqual([])
      if (left > 0) expect(await place(buyer, left)).toHaveLength(1)
    }
  }
  const steps = fc.array(step, { minLength: 1, maxLength: 6 })
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 5 }), steps, property), {
    numRuns: 12,
  })
})
