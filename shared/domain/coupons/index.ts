import { createCache } from '../../platform/cache/cache.ts'
import { once } from '../../platform/config/once.ts'
import { database } from '../../platform/database/database.ts'
import { reads } from '../../platform/database/reading.ts'
import { redis } from '../../platform/redis/client.ts'
import { createMirrorClaim } from './counters.ts'
import type { CouponRules } from './coupon.ts'
import { createCoupons } from './coupons.ts'
import { readRules } from './repository.ts'

const rules = /* @__PURE__ */ once(() =>
  createCache({
    redis: redis(),
    name: 'coupon',
    memorySeconds: 2,
    freshSeconds: 60,
    keepSeconds: 600,
    load: (ids) => readRules(database(), ids),
  }),
)

/** The rules of coupons as orders need them, by id; those that don't exist are left out. */
export const couponRules = (ids: readonly string[]): Promise<Map<string, CouponRules>> =>
  rules().getMany(ids)

export const coupons = /* @__PURE__ */ once(() =>
  createCoupons({
    database: database(),
    reads: reads(),
    rules: rules(),
    mirrorClaim: createMirrorClaim(redis()),
  }),
)
