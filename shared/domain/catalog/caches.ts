import { createCache, each } from '../../platform/cache/cache.ts'
import type { Database } from '../../platform/database/database.ts'
import type { RedisClient } from '../../platform/redis/client.ts'
import { categoryTree, firstPageOf, homePage, productList } from './pages.ts'
import { readPublished, readSkusForSale } from './repository.ts'
import type { Category, Home, ProductList } from './schemas.ts'
import type { SkuForSale } from './sku.ts'

/**
 * What shoppers see is at most 2 s older than what an admin has changed. `stock` and `sales` change
 * with each order and end no entry: they are hints, as of the last minute.
 */
const SHOWN = { memorySeconds: 2, freshSeconds: 60, keepSeconds: 3_600 }
/** What orders are priced by: kept less long, in case that the word of a change did not get through. */
const SOLD = { memorySeconds: 2, freshSeconds: 30, keepSeconds: 600 }

type Sources = {
  redis: RedisClient
  /** The primary: a replica would bring back what was invalidated. */
  database: Database
  /** Before the names of the caches, where they are not to be those of the shop (tests, benchmarks). */
  scope?: string
  /** Other times than the shop's (benchmarks). */
  times?: Partial<typeof SHOWN>
}

/** SKUs as orders and carts need them, by id. */
export const skuCache = ({ redis, database, scope = '', times }: Sources) =>
  createCache<SkuForSale>({
    redis,
    name: `${scope}sku`,
    ...SOLD,
    ...times,
    load: (ids) => readSkusForSale(database, ids),
  })

/** What the catalogue shows. What shows more than one product ends with each change of one. */
export function catalogCaches(sources: Sources) {
  const { redis, database, scope = '', times } = sources
  const shown = { redis, ...SHOWN, ...times }
  const together = { ...shown, tag: `${scope}catalog` }
  return {
    skus: skuCache(sources),
    products: createCache({
      ...shown,
      name: `${scope}product`,
      load: (ids) => readPublished(database, ids),
    }),
    lists: createCache<ProductList>({
      ...together,
      name: `${scope}list`,
      load: each((id) => productList(database, firstPageOf(id))),
    }),
    home: createCache<Home>({
      ...together,
      name: `${scope}home`,
      load: each(() => homePage(database)),
    }),
    categories: createCache<Category[]>({
      ...together,
      name: `${scope}categories`,
      load: each(() => categoryTree(database)),
    }),
  }
}
