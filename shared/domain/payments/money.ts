import type { Queryable } from '../../platform/database/database.ts'
import { readAny } from '../orders/book.ts'
import { readRefund } from './refund-repository.ts'
import { readPayment } from './repository.ts'
import type { AdminOrderWithMoney, OrderMoney } from './schemas.ts'

/** Orders with their money, for admins. */
export function createMoney(database: Queryable) {
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
      return { ...(await readAny(database, orderId)), ...(await moneyOf(orderId)) }
    },
  }
}

export type Money = ReturnType<typeof createMoney>
