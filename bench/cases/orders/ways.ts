import { persist } from '../../../shared/domain/orders/index.ts'
import type { AcceptedOrder } from '../../../shared/domain/orders/order.ts'
import { createPersist } from '../../../shared/domain/orders/persist.ts'
import { database } from '../../../shared/platform/database/database.ts'
import { outbox } from '../../../shared/platform/outbox/index.ts'
import { redis } from '../../../shared/platform/redis/client.ts'
import { bucketedHolds } from './buckets.ts'

export type Way = {
  name: string
  /** What the containers call it. */
  exported: 'plain' | 'plainLast' | 'ours' | 'bucketed'
  /** What the stock job does with its messages. */
  persist(orders: readonly AcceptedOrder[]): Promise<void>
}

/** The ways of accepting orders that are compared. */
export function ways(): Way[] {
  const inBuckets = createPersist({
    database: database(),
    holds: bucketedHolds(redis()),
    outbox: outbox(),
  })
  return [
    { name: 'one transaction', exported: 'plain', persist: persist() },
    { name: 'one transaction, SKU last', exported: 'plainLast', persist: persist() },
    { name: 'ours', exported: 'ours', persist: persist() },
    { name: 'sub-buckets on', exported: 'bucketed', persist: inBuckets },
  ]
}
