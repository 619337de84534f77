import type { Queryable } from '../../platform/database/database.ts'
import type { Fulfilment } from '../orders/fulfilment.ts'
import { readRefund } from './refund-repository.ts'
import { readPayment } from './repository.ts'
import type { AdminOrderWithMoney, OrderMoney } from './schemas.ts'

export type MoneyDeps = { database: Queryable; orders: Pick<Fulfilment, 'detail'> }

/** Orders with their money, for admins. */
export function createMoney({ database, orders }: MoneyDeps) {
  async function moneyOf(orderId: string): Promise<OrderMoney> {
    const [payment, refund] = await Promise.all([
      readPayment(database, orderId),
      readRefund(database, orderId),
    ])
    const { attempt: _, checks: __, cameFrom: ___, orderId: ____, ...shown } = refund ?? {}
    return {
      ...(payment && { payment: { ...payment, paidAt: payment.paidAt.toISOString() } }),
      ...(refund && { refund: shown as NonNullable<OrderMoney['refund']> }),
    }
  }

  return {
    /** @returns any order with its history, payment and refund. @throws NotFound */
    async detail(orderId: string): Promise<AdminOrderWithMoney> {
      return { ...(await orders.detail(orderId)), ...(await moneyOf(orderId)) }
    },
  }
}

export type Money = ReturnType<typeof createMoney>
