import { createCache } from '../../platform/cache/cache.ts'
import { once } from '../../platform/config/once.ts'
import { database } from '../../platform/database/database.ts'
import { redis } from '../../platform/redis/client.ts'
import { createCatalog } from './catalog.ts'
import { readProductViews, readSkusForSale } from './repository.ts'
import type { SkuForSale } from './sku.ts'

const TTL_SECONDS = 300

const skusForSale = /* @__PURE__ */ once(() =>
  createCache({
    redis: redis(),
    prefix: 'sku',
    ttlSeconds: TTL_SECONDS,
    load: (ids) => readSkusForSale(database(), ids),
  }),
)

/** SKUs as orders need them, by id; those that don't exist are left out. */
export const skus = (ids: readonly string[]): Promise<Map<string, SkuForSale>> =>
  skusForSale().getMany(ids)

export const catalog = /* @__PURE__ */ once(() =>
  createCatalog({
    database: database(),
    skus: skusForSale(),
    products: createCache({
      redis: redis(),
      prefix: 'product',
      ttlSeconds: TTL_SECONDS,
      load: (ids) => readProductViews(database(), ids),
    }),
  }),
)
