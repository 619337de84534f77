import type { Cache } from '../../platform/cache/cache.ts'
import type { Database } from '../../platform/database/database.ts'
import { NotFound, ValidationFailed } from '../../platform/errors/standard.ts'
import { pageOf } from '../../platform/http/page.ts'
import { fromCursor, toCursor } from './cursor.ts'
import {
  type CategoryRow,
  categoryExists,
  insertProduct,
  lockProduct,
  readCategories,
  readProducts,
  refreshMinPrice,
  skuIdsOf,
  updateProduct,
  updateSku,
} from './repository.ts'
import type {
  Category,
  Home,
  ListProducts,
  NewProduct,
  ProductChange,
  ProductView,
} from './schemas.ts'
import { searchExpression } from './search.ts'
import type { SkuForSale } from './sku.ts'

export type CatalogDeps = {
  database: Database
  products: Cache<ProductView>
  skus: Pick<Cache<SkuForSale>, 'invalidate'>
}

const FEATURED = 10
const BANNERS = 3

/** What the shop sells. */
export function createCatalog({ database, products, skus }: CatalogDeps) {
  async function requireCategory(id: string | undefined): Promise<void> {
    if (id === undefined || (await categoryExists(database, id))) return
    throw ValidationFailed.of([{ field: 'categoryId', message: 'there is no such category' }])
  }

  return {
    /** @returns the tree of categories */
    async categories(): Promise<Category[]> {
      return treeOf(await readCategories(database))
    },

    /** @returns a page of published products; those of a category with all that is below it */
    async list({ category, q, sort, limit, cursor }: ListProducts) {
      const after = cursor === undefined ? undefined : fromCursor(sort, cursor)
      const search = q === undefined ? undefined : searchExpression(q)
      if (q !== undefined && search === undefined) return { items: [], nextCursor: null }
      const categories =
        category === undefined ? undefined : familyOf(await readCategories(database), category)
      const page = { categories, search, sort, after, limit: limit + 1 }
      const rows = await readProducts(database, page)
      const { items, nextCursor } = pageOf(rows, limit, ({ position }) => toCursor(sort, position))
      return { items: items.map(({ card }) => card), nextCursor }
    },

    /** @throws NotFound also where the product is not published */
    async product(id: string): Promise<ProductView> {
      const product = await this.any(id)
      if (product.status !== 'published') throw new NotFound()
      return product
    },

    /** What the first screen shows: the best sellers, those of them with a picture as banners, … */
    async home(): Promise<Home> {
      const [categories, best, limited] = await Promise.all([
        this.categories(),
        readProducts(database, { sort: 'sales', limit: FEATURED }),
        readProducts(database, { sort: 'newest', limit: FEATURED, limited: true }),
      ])
      const featured = best.map(({ card }) => card)
      const banners = featured
        .flatMap(({ id, image }) => (image === undefined ? [] : [{ image, productId: id }]))
        .slice(0, BANNERS)
      return { banners, categories, featured, flashSales: limited.map(({ card }) => card) }
    },

    /**
     * Changes, publishes or unpublishes a product.
     * @throws NotFound, ValidationFailed where a category or SKU that it names is not there
     */
    async change(id: string, change: ProductChange): Promise<ProductView> {
      await requireCategory(change.categoryId)
      const skuIds = await database.transaction(async (tx) => {
        if (!(await lockProduct(tx, id))) throw new NotFound()
        await updateProduct(tx, id, change)
        for (const [index, sku] of (change.skus ?? []).entries()) {
          if (await updateSku(tx, id, sku)) continue
          const field = `skus.${index}.id`
          throw ValidationFailed.of([{ field, message: 'the product has no such SKU' }])
        }
        await refreshMinPrice(tx, id)
        return skuIdsOf(tx, id)
      })
      await Promise.all([products.invalidate([id]), skus.invalidate(skuIds)])
      return this.any(id)
    },

    /** @returns a product whether it is published or not. @throws NotFound */
    async any(id: string): Promise<ProductView> {
      const product = await products.get(id)
      if (product === undefined) throw new NotFound()
      return product
    },

    /** Adds a product with its SKUs and first stock, and publishes it. */
    async create(product: NewProduct, actorId: string): Promise<ProductView> {
      await requireCategory(product.categoryId)
      const id = await database.transaction((tx) => insertProduct(tx, product, actorId))
      return this.product(id)
    },
  }
}

export type Catalog = ReturnType<typeof createCatalog>

/** @returns a category and all below it */
function familyOf(rows: readonly CategoryRow[], id: string): string[] {
  const below = rows.filter(({ parent_id }) => parent_id === id)
  return [id, ...below.flatMap((child) => familyOf(rows, child.id))]
}

function treeOf(rows: readonly CategoryRow[]): Category[] {
  const below = Map.groupBy(rows, ({ parent_id }) => parent_id)
  const childrenOf = (parent: string | null): Category[] =>
    (below.get(parent) ?? []).map(({ id, name }) => ({ id, name, children: childrenOf(id) }))
  return childrenOf(null)
}
