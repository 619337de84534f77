import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allocate } from '../../../shared/domain/orders/persist.ts'
import { orderOf } from '../../support/orders.ts'

const SKUS = ['1', '2', '3'] as const
const units = fc.dictionary(fc.constantFrom(...SKUS), fc.integer({ min: 1, max: 5 }), {
  minKeys: 1,
})
const stocks = fc.record({ '1': fc.nat(12), '2': fc.nat(12), '3': fc.nat(12) })
const rowsOf = (stock: Record<string, number>) => ({
  stock: Object.entries(stock).map(([skuId, left]) => ({ skuId, stock: left, version: '1' })),
  claims: [],
})

describe('allocate', () => {
  it('never gives out more than there is, and refuses only what does not fit', () => {
    fc.assert(
      fc.property(fc.array(units, { maxLength: 20 }), stocks, (wishes, stock) => {
        const left: Record<string, number> = { ...stock }
        const decided = allocate(
          wishes.map((wish) => orderOf(wish)),
          rowsOf(stock),
        )
        expect(decided).toHaveLength(wishes.length)
        for (const { order, state } of decided) {
          const fits = order.items.every(({ skuId, quantity }) => (left[skuId] ?? 0) >= quantity)
          expect(state).toBe(fits ? 'unpaid' : 'failed')
          if (state === 'failed') continue
          for (const { skuId, quantity } of order.items) left[skuId] = (left[skuId] ?? 0) - quantity
        }
        for (const rest of Object.values(left)) expect(rest).toBeGreaterThanOrEqual(0)
      }),
    )
  })

  it('serves in the order of acceptance, however the batch is ordered', () => {
    const first = orderOf({ '1': 1 }, { orderId: '01JAAAAAAAAAAAAAAAAAAAAAA1' })
    const second = orderOf({ '1': 1 }, { orderId: '01JAAAAAAAAAAAAAAAAAAAAAA2' })
    const decided = allocate([second, first], rowsOf({ '1': 1 }))
    expect(decided.map(({ order, state }) => [order.orderId, state])).toEqual([
      [first.orderId, 'unpaid'],
      [second.orderId, 'failed'],
    ])
  })

  it('fails an order of a SKU that is gone', () => {
    expect(allocate([orderOf({ '9': 1 })], rowsOf({}))[0]?.state).toBe('failed')
  })

  it('gives each claim of a coupon to one order, and its units to nobody else in vain', () => {
    const using = (orderId: string, userId: string) =>
      orderOf({ '1': 1 }, { orderId, userId, couponId: '5', discountFen: 1 })
    const orders = [
      using('01JAAAAAAAAAAAAAAAAAAAAAA1', '7'),
      using('01JAAAAAAAAAAAAAAAAAAAAAA2', '7'),
      using('01JAAAAAAAAAAAAAAAAAAAAAA3', '8'),
      orderOf({ '1': 1 }, { orderId: '01JAAAAAAAAAAAAAAAAAAAAAA4', userId: '7' }),
    ]
    const decided = allocate(orders, {
      ...rowsOf({ '1': 2 }),
      claims: [{ userId: '7', couponId: '5', left: 1, version: '1' }],
    })
    expect(decided.map(({ state }) => state)).toEqual(['unpaid', 'failed', 'failed', 'unpaid'])
  })
})
