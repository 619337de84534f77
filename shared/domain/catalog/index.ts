import { once } from '../../platform/config/once.ts'
import { database } from '../../platform/database/database.ts'
import { redis } from '../../platform/redis/client.ts'
import { catalogCaches, skuCache } from './caches.ts'
import { createCatalog } from './catalog.ts'
import type { SkuForSale } from './sku.ts'

const skusForSale = /* @__PURE__ */ once(() => skuCache({ redis: redis(), database: database() }))

/** SKUs as orders need them, by id; those that don't exist are left out. */
export const skus = (ids: readonly string[]): Promise<Map<string, SkuForSale>> =>
  skusForSale().getMany(ids)

export const catalog = /* @__PURE__ */ once(() =>
  createCatalog({
    database: database(),
    ...catalogCaches({ redis: redis(), database: database() }),
    skus: skusForSale(),
  }),
)
