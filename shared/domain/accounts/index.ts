import { closeSessions } from '../../platform/auth/sessions.ts'
import { once } from '../../platform/config/once.ts'
import { database } from '../../platform/database/database.ts'
import { eraseKeys } from '../../platform/idempotency/keys.ts'
import { addresses } from '../addresses/index.ts'
import { eraseRecipient } from '../campaigns/erase.ts'
import { emptyCart } from '../cart/repository.ts'
import { eraseNotifications } from '../notifications/erase.ts'
import { eraseOrders } from '../orders/erase.ts'
import { openOrders, orders } from '../orders/index.ts'
import { eraseRefunds } from '../payments/erase.ts'
import { closing } from '../payments/index.ts'
import { users } from '../users/index.ts'
import { createAccounts, type Eraser } from './accounts.ts'

/**
 * Every domain that keeps personal data has its line here. test/domain/accounts/erasers.int.test.ts
 * fails where a table has a column of which nobody has said what becomes of it.
 */
const ERASERS: readonly Eraser[] = [
  (_, { userId }) => addresses().removeAll(userId),
  (db, { userId }) => emptyCart(db, userId),
  (db, { userId }) => eraseOrders(db, userId),
  (db, { userId }) => eraseRefunds(db, userId),
  (db, { userId }) => eraseNotifications(db, userId),
  (db, { userId }) => eraseKeys(db, userId),
  async (db, { email }) => {
    if (email !== undefined) await eraseRecipient(db, email)
  },
]

export const accounts = /* @__PURE__ */ once(() =>
  createAccounts({
    database: database(),
    openOrders: openOrders(),
    cancelOrder: async (userId, orderId) => {
      await orders().settled(userId, orderId)
      const actor = { kind: 'user', id: userId } as const
      await closing()(orderId, { actor, reason: 'account closed' })
    },
    closeSessions,
    forget: users().forget,
    erasers: ERASERS,
  }),
)
