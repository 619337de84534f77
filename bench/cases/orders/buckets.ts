import { createHolds, type Holds } from '../../../shared/domain/orders/holds.ts'
import type { RedisClient } from '../../../shared/platform/redis/client.ts'
import { subBuckets } from './sub-buckets.ts'

/** As many as one would take for a SKU that sells well. */
export const BUCKETS = 8

export const bucketedHolds = (redis: RedisClient): Holds =>
  createHolds(redis, 30, undefined, subBuckets(BUCKETS))
