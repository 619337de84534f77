import { describe, expect, it } from 'vitest'
import { createOrders, type OrderDeps } from '../../../shared/domain/orders/orders.ts'
import { readsAt } from '../../../shared/platform/database/reading.ts'
import { NotFound, Unavailable } from '../../../shared/platform/errors/standard.ts'
import { orderOf } from '../../support/orders.ts'

const away = () => Promise.reject(Unavailable.because('database', new Error('away')))
const database = { query: away, write: away, transaction: away }
const order = orderOf({ '1': 2 }, { userId: '7' })
const orders = createOrders({
  database,
  reads: readsAt(database),
  holds: { find: async (id: string) => (id === order.orderId ? order : undefined) },
} as unknown as OrderDeps)

describe('an accepted order', () => {
  it('can be read by its user while the database is away', async () => {
    expect(await orders.detail('7', order.orderId)).toMatchObject({
      orderId: order.orderId,
      status: 'pending',
      totalFen: 2,
    })
    await expect(orders.detail('8', order.orderId)).rejects.toThrow(NotFound)
    await expect(orders.detail('7', '01KB2Z5GJ9QW8X4V7T3N6M2R1C')).rejects.toThrow(Unavailable)
  })
})
