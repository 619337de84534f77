import type { Cache } from '../../platform/cache/cache.ts'
import type { Database } from '../../platform/database/database.ts'
import { NotFound, ValidationFailed } from '../../platform/errors/standard.ts'
import type { Json } from '../../platform/http/json.ts'
import { effect } from '../../platform/idempotency/effect.ts'
import { firstPageId, isShared, productList } from './pages.ts'
import {
  categoryExists,
  insertProduct,
  lockProduct,
  readProductViews,
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
  ProductList,
  ProductView,
} from './schemas.ts'
import type { SkuForSale } from './sku.ts'

/** The one id in a cache of one page. */
export const ONLY = 'all'

export type CatalogDeps = {
  database: Database
  /** Published products. */
  products: Pick<Cache<ProductView>, 'json' | 'invalidate'>
  skus: Pick<Cache<SkuForSale>, 'invalidate'>
  /** First pages, by {@link firstPageId}. It and the two below share a tag. */
  lists: Pick<Cache<ProductList>, 'json' | 'invalidateAll'>
  home: Pick<Cache<Home>, 'json'>
  categories: Pick<Cache<Category[]>, 'json'>
}

/** What the shop sells. */
export function createCatalog(deps: CatalogDeps) {
  const { database, products, skus, lists, home, categories } = deps

  async function requireCategory(id: string | undefined): Promise<void> {
    if (id === undefined || (await categoryExists(database, id))) return
    throw ValidationFailed.of([{ field: 'categoryId', message: 'there is no such category' }])
  }

  /** Asked of the cached tree, so that an id that nobody has costs no entry of its own and no query. */
  async function hasCategory(id: string): Promise<boolean> {
    const within = (tree: readonly Category[]): boolean =>
      tree.some((category) => category.id === id || within(category.children))
    return within((await there(categories.json(ONLY))).value)
  }

  /** Tells all caches what has been committed. @returns the product as it is now, published or not */
  async function changed(id: string, skuIds: readonly string[]): Promise<ProductView> {
    await Promise.all([products.invalidate([id]), skus.invalidate(skuIds), lists.invalidateAll()])
    const product = (await readProductViews(database, [id])).get(id)
    if (product === undefined) throw new NotFound()
    return product
  }

  return {
    /** @returns the tree of categories */
    categories: (): Promise<Json<Category[]>> => there(categories.json(ONLY)),

    /** @returns a page of published products; those of a category with all that is below it */
    async list(query: ListProducts): Promise<Json<ProductList> | ProductList> {
      const { category } = query
      if (category !== undefined && !(await hasCategory(category))) {
        return { items: [], nextCursor: null }
      }
      return isShared(query) ? there(lists.json(firstPageId(query))) : productList(database, query)
    },

    /** @throws NotFound also where the product is not published */
    product: (id: string): Promise<Json<ProductView>> => there(products.json(id)),

    /** @returns what the first screen shows */
    home: (): Promise<Json<Home>> => there(home.json(ONLY)),

    /**
     * Changes, publishes or unpublishes a product.
     * @throws NotFound, ValidationFailed where a category or SKU that it names is not there
     */
    async change(id: string, change: ProductChange): Promise<ProductView> {
      await requireCategory(change.categoryId)
      const skuIds = await effect(database, async (tx) => {
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
      return changed(id, skuIds)
    },

    /** Adds a product with its SKUs and first stock, and publishes it. */
    async create(product: NewProduct, actorId: string): Promise<ProductView> {
      await requireCategory(product.categoryId)
      const { id, skuIds } = await effect(database, (tx) => insertProduct(tx, product, actorId))
      // Somebody may have asked for it before it was there.
      return changed(id, skuIds)
    },
  }
}

export type Catalog = ReturnType<typeof createCatalog>

async function there<T>(found: Promise<T | undefined>): Promise<T> {
  const thing = await found
  if (thing === undefined) throw new NotFound()
  return thing
}
