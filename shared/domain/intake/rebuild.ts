import type { Database } from '../../platform/database/database.ts'
import type { RedisClient } from '../../platform/redis/client.ts'
import { script } from '../../platform/redis/script.ts'
import { buyerKey } from '../stock/keys.ts'
import { readBought, readLimitedSkus } from './repository.ts'
import { BOUGHT } from './scripts.ts'

const SKUS = 100
/** Orders for one page, and one call to Redis. */
const ORDERS = 500

/**
 * Tells Redis again what it can't fill by itself when it is asked: what each user has bought of SKUs
 * that are limited per user. Counters and addresses are filled by the first order that needs them.
 */
export function createRebuild({ database, redis }: { database: Database; redis: RedisClient }) {
  const bought = script<number>(redis, BOUGHT)

  async function tell(skuId: string, outOfTime: () => boolean): Promise<boolean> {
    for (let after = ''; ; ) {
      if (outOfTime()) return false
      const rows = await readBought(database, skuId, after, ORDERS)
      const counting = rows.filter(({ counts }) => counts)
      if (counting.length > 0) {
        await bought(
          counting.map(({ userId }) => buyerKey(skuId, userId)),
          counting.flatMap(({ orderId, quantity }) => [orderId, quantity]),
        )
      }
      if (rows.length < ORDERS) return true
      after = rows.at(-1)?.orderId ?? after
    }
  }

  /** @returns false where there was not time for all of it */
  return async function rebuild(outOfTime: () => boolean): Promise<boolean> {
    for (let after = '0'; ; ) {
      const skuIds = await readLimitedSkus(database, after, SKUS)
      for (const skuId of skuIds) if (!(await tell(skuId, outOfTime))) return false
      if (skuIds.length < SKUS) return true
      after = skuIds.at(-1) ?? after
    }
  }
}
