import type { Cache } from '../../platform/cache/cache.ts'
import type { Database } from '../../platform/database/database.ts'
import { NotFound, ValidationFailed } from '../../platform/errors/standard.ts'
import { fromCursor, toCursor } from './cursor.ts'
import {
  type CategoryRow,
  categoryExists,
  insertProduct,
  readCategories,
  readProducts,
} from './repository.ts'
import type { Category, ListProducts, NewProduct, ProductView } from './schemas.ts'

export type CatalogDeps = { database: Database; products: Cache<ProductView> }

/** What the shop sells. */
export function createCatalog({ database, products }: CatalogDeps) {
  return {
    /** @returns the tree of categories */
    async categories(): Promise<Category[]> {
      return treeOf(await readCategories(database))
    },

    /** @returns a page of published products */
    async list({ category, sort, limit, cursor }: ListProducts) {
      const after = cursor === undefined ? undefined : fromCursor(sort, cursor)
      const rows = await readProducts(database, { category, sort, after, limit: limit + 1 })
      const page = rows.slice(0, limit)
      const last = page.at(-1)
      const more = rows.length > limit && last !== undefined
      return {
        items: page.map(({ card }) => card),
        nextCursor: more ? toCursor(sort, last.position) : null,
      }
    },

    /** @throws NotFound also where the product is not published */
    async product(id: string): Promise<ProductView> {
      const product = await products.get(id)
      if (product?.status !== 'published') throw new NotFound()
      return product
    },

    /** Adds a product with its SKUs and first stock, and publishes it. */
    async create(product: NewProduct, actorId: string): Promise<ProductView> {
      if (!(await categoryExists(database, product.categoryId))) {
        throw ValidationFailed.of([{ field: 'categoryId', message: 'there is no such category' }])
      }
      const id = await database.transaction((tx) => insertProduct(tx, product, actorId))
      return this.product(id)
    },
  }
}

export type Catalog = ReturnType<typeof createCatalog>

function treeOf(rows: readonly CategoryRow[]): Category[] {
  const below = Map.groupBy(rows, ({ parent_id }) => parent_id)
  const childrenOf = (parent: string | null): Category[] =>
    (below.get(parent) ?? []).map(({ id, name }) => ({ id, name, children: childrenOf(id) }))
  return childrenOf(null)
}
