import type { Queryable } from '../../platform/database/database.ts'
import { pageOf } from '../../platform/http/page.ts'
import { fromCursor, toCursor } from './cursor.ts'
import { type CategoryRow, readCategories, readProducts } from './repository.ts'
import type { Category, Home, ListProducts, ProductList } from './schemas.ts'
import { searchExpression } from './search.ts'

/** What many shoppers look at together, as it stands in the database now. */

const FEATURED = 10
const BANNERS = 3

/** @returns the tree of categories */
export async function categoryTree(db: Queryable): Promise<Category[]> {
  return treeOf(await readCategories(db))
}

/** @returns what the first screen shows: the best sellers, those of them with a picture as banners, … */
export async function homePage(db: Queryable): Promise<Home> {
  const [categories, best, limited] = await Promise.all([
    categoryTree(db),
    readProducts(db, { sort: 'sales', limit: FEATURED }),
    readProducts(db, { sort: 'newest', limit: FEATURED, limited: true }),
  ])
  const featured = best.map(({ card }) => card)
  const banners = featured
    .flatMap(({ id, image }) => (image === undefined ? [] : [{ image, productId: id }]))
    .slice(0, BANNERS)
  return { banners, categories, featured, flashSales: limited.map(({ card }) => card) }
}

/** @returns a page of published products; those of a category with all that is below it */
export async function productList(
  db: Queryable,
  { category, q, sort, limit, cursor }: ListProducts,
): Promise<ProductList> {
  const after = cursor === undefined ? undefined : fromCursor(sort, cursor)
  const search = q === undefined ? undefined : searchExpression(q)
  if (q !== undefined && search === undefined) return { items: [], nextCursor: null }
  const categories =
    category === undefined ? undefined : familyOf(await readCategories(db), category)
  const page = { categories, search, sort, after, limit: limit + 1 }
  const rows = await readProducts(db, page)
  const { items, nextCursor } = pageOf(rows, limit, ({ position }) => toCursor(sort, position))
  return { items: items.map(({ card }) => card), nextCursor }
}

/** A page that many look at. The others are read each time. */
export type FirstPage = Pick<ListProducts, 'category' | 'sort' | 'limit'>

/** Only these sizes of a page are cached, so that nobody fills Redis by asking for all of them. */
const SIZE_STEP = 5

/** @returns whether many look at this page: a first one, of no search, and of a usual size */
export const isShared = ({ q, cursor, limit }: ListProducts) =>
  q === undefined && cursor === undefined && limit % SIZE_STEP === 0

/** The id under which a first page is cached. */
export const firstPageId = ({ category, sort, limit }: FirstPage): string =>
  JSON.stringify([sort, limit, category])
export const firstPageOf = (id: string): FirstPage => {
  const [sort, limit, category] = JSON.parse(id)
  return { sort, limit, category: category ?? undefined }
}

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
