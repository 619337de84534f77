import { expect, it } from 'vitest'
import { database } from '../../../shared/platform/database/database.ts'
import { sql } from '../../../shared/platform/database/sql.ts'

/**
 * What becomes of each table when an account is closed; docs/decisions/0013-closing-an-account.md.
 * - erased: by shared/domain/accounts, or by an eraser in its index.ts
 * - books: keeps the number that nobody has any more, and amounts; no words of the person
 * - none: knows no person
 */
const VERDICTS: Record<string, 'erased' | 'books' | 'none'> = {
  account_erasures: 'erased',
  addresses: 'erased',
  campaign_recipients: 'erased',
  campaigns: 'none',
  cart_items: 'erased',
  categories: 'none',
  coupon_uses: 'books',
  coupons: 'none',
  // Redacted: numbers and times.
  discarded_messages: 'books',
  // The files are gone after some days, and hold no more than their lines at that time.
  exports: 'none',
  // Answers, for a day: addresses and phone numbers may be in them.
  idempotency_keys: 'erased',
  job_days: 'none',
  order_aliases: 'books',
  order_history: 'erased',
  order_intake: 'none',
  order_items: 'books',
  order_notices: 'erased',
  orders: 'erased',
  outbox: 'none',
  payment_incidents: 'none',
  payments: 'books',
  prepays: 'none',
  products: 'none',
  refunds: 'erased',
  replication_heartbeat: 'none',
  schema_migrations: 'none',
  skus: 'none',
  stock_ledger: 'books',
  user_coupons: 'books',
  users: 'erased',
}

it('every table is known: what a new one holds of a person is erased with the account', async () => {
  const rows = await database().query<{ name: string }>(
    sql`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()`,
  )
  expect(rows.map(({ name }) => name).toSorted()).toEqual(Object.keys(VERDICTS))
})
