import type { Queryable } from '../../platform/database/database.ts'
import { all, join, listOf, rowsOf, type Sql, sql } from '../../platform/database/sql.ts'
import { fen } from '../../platform/database/values.ts'
import { writeLedger } from '../stock/repository.ts'
import type { Position } from './cursor.ts'
import type { NewProduct, ProductCard, ProductChange, ProductView, Sort } from './schemas.ts'
import { indexTerms } from './search.ts'
import type { SkuForSale } from './sku.ts'

export type CategoryRow = { id: string; parent_id: string | null; name: string }

/** @returns every category, parents and children in their places */
export async function readCategories(db: Queryable): Promise<CategoryRow[]> {
  return db.query<CategoryRow>(
    sql`SELECT id, parent_id, name FROM categories ORDER BY parent_id, position, id`,
  )
}

type CardRow = {
  id: string
  title: string
  images: string[]
  category_id: string | null
  min_price_fen: string
  /** Text where categories were merged: a UNION of INTs is a BIGINT. */
  sales: number | string
}

/** How each sort walks its index: the column, and whether the greatest comes first. */
const ORDER: Record<Sort, { column: Sql; descending: boolean; value(row: CardRow): string }> = {
  newest: { column: sql`id`, descending: true, value: ({ id }) => id },
  sales: { column: sql`sales`, descending: true, value: ({ sales }) => String(sales) },
  price_asc: {
    column: sql`min_price_fen`,
    descending: false,
    value: ({ min_price_fen }) => min_price_fen,
  },
  price_desc: {
    column: sql`min_price_fen`,
    descending: true,
    value: ({ min_price_fen }) => min_price_fen,
  },
}

export type ProductPage = {
  /** Only products of these; not none. */
  categories?: readonly string[] | undefined
  /** What to look for, as {@link searchExpression} writes it. */
  search?: string | undefined
  /** Only products with a SKU that is limited per user. */
  limited?: boolean
  sort: Sort
  after?: Position | undefined
  limit: number
}
export type PositionedCard = { card: ProductCard; position: Position }

/** @returns published products in the order of `sort`, from after a position on */
export async function readProducts(db: Queryable, page: ProductPage): Promise<PositionedCard[]> {
  const { column, descending, value } = ORDER[page.sort]
  const conditions = [sql`status = 'published'`]
  if (page.search !== undefined) {
    conditions.push(sql`MATCH (terms) AGAINST (${page.search} IN BOOLEAN MODE)`)
  }
  if (page.limited === true) {
    conditions.push(
      sql`EXISTS (SELECT 1 FROM skus WHERE product_id = products.id AND limit_per_user IS NOT NULL)`,
    )
  }
  if (page.after !== undefined) {
    const { value: last, id } = page.after
    // Written out, because MySQL does not use an index for (a, b) < (x, y).
    conditions.push(
      page.sort === 'newest'
        ? sql`id < ${id}`
        : descending
          ? sql`(${column} < ${last} OR (${column} = ${last} AND id < ${id}))`
          : sql`(${column} > ${last} OR (${column} = ${last} AND id > ${id}))`,
    )
  }
  const direction = descending ? sql`DESC` : sql`ASC`
  const inOrder = sql`ORDER BY ${column} ${direction}, id ${direction} LIMIT ${page.limit}`
  const select = (where: readonly Sql[]) =>
    sql`SELECT id, title, images, category_id, min_price_fen, sales FROM products
        WHERE ${all([...where, ...conditions])} ${inOrder}`
  const rows = await db.query<CardRow>(overCategories(page, select, inOrder))
  return rows.map((row) => ({
    position: { value: value(row), id: row.id },
    card: {
      id: row.id,
      title: row.title,
      ...(row.images[0] === undefined ? {} : { image: row.images[0] }),
      ...(row.category_id === null ? {} : { categoryId: row.category_id }),
      priceFen: fen(row.min_price_fen),
      sales: Number(row.sales),
    },
  }))
}

/**
 * Several categories are read one by one, each along its index and no further than a page, and then
 * merged: with IN, every product of all of them would be read and sorted. A search has an index of its own.
 */
function overCategories(
  { categories, search }: ProductPage,
  select: (where: readonly Sql[]) => Sql,
  inOrder: Sql,
): Sql {
  if (categories === undefined) return select([])
  const [first, ...others] = categories
  if (others.length === 0) return select([sql`category_id = ${first}`])
  if (search !== undefined) return select([sql`category_id IN (${listOf(categories)})`])
  const parts = categories.map((id) => sql`(${select([sql`category_id = ${id}`])})`)
  return sql`SELECT * FROM (${join(parts, ' UNION ALL ')}) AS merged ${inOrder}`
}

type ProductRow = {
  id: string
  title: string
  description: string
  images: string[]
  category_id: string | null
  status: ProductView['status']
  sales: number
}
type SkuRow = {
  id: string
  product_id: string
  title: string
  price_fen: string
  stock: number
  limit_per_user: number | null
  attributes: Record<string, string>
}

/** @returns the products that exist, whatever their status, by id */
export async function readProductViews(
  db: Queryable,
  ids: readonly string[],
): Promise<Map<string, ProductView>> {
  const products = await db.query<ProductRow>(
    sql`SELECT id, title, description, images, category_id, status, sales
        FROM products WHERE id IN (${listOf(ids)})`,
  )
  if (products.length === 0) return new Map()
  const skus = await db.query<SkuRow>(
    sql`SELECT id, product_id, title, price_fen, stock, limit_per_user, attributes
        FROM skus WHERE product_id IN (${listOf(ids)}) ORDER BY product_id, position`,
  )
  const byProduct = Map.groupBy(skus, ({ product_id }) => product_id)
  return new Map(
    products.map(({ category_id, ...product }) => [
      product.id,
      {
        ...product,
        ...(category_id === null ? {} : { categoryId: category_id }),
        skus: (byProduct.get(product.id) ?? []).map((sku) => ({
          id: sku.id,
          title: sku.title,
          priceFen: fen(sku.price_fen),
          stock: sku.stock,
          ...(sku.limit_per_user === null ? {} : { limitPerUser: sku.limit_per_user }),
          attributes: sku.attributes,
        })),
      },
    ]),
  )
}

/** Like {@link readProductViews}, without those that are not published. */
export async function readPublished(
  db: Queryable,
  ids: readonly string[],
): Promise<Map<string, ProductView>> {
  const products = await readProductViews(db, ids)
  return new Map([...products].filter(([, { status }]) => status === 'published'))
}

type SaleRow = {
  id: string
  product_id: string
  sku_title: string
  price_fen: string
  limit_per_user: number | null
  title: string
  images: string[]
  status: string
}

/** @returns the SKUs that exist as the order path needs them, by id */
export async function readSkusForSale(
  db: Queryable,
  ids: readonly string[],
): Promise<Map<string, SkuForSale>> {
  const rows = await db.query<SaleRow>(
    sql`SELECT s.id, s.product_id, s.title AS sku_title, s.price_fen, s.limit_per_user,
          p.title, p.images, p.status
        FROM skus s JOIN products p ON p.id = s.product_id WHERE s.id IN (${listOf(ids)})`,
  )
  return new Map(
    rows.map((row) => [
      row.id,
      {
        skuId: row.id,
        productId: row.product_id,
        title: row.title,
        skuTitle: row.sku_title,
        image: row.images[0],
        priceFen: fen(row.price_fen),
        limitPerUser: row.limit_per_user ?? undefined,
        onSale: row.status === 'published',
      },
    ]),
  )
}

/** @returns whether there is such a category */
export async function categoryExists(db: Queryable, id: string): Promise<boolean> {
  const rows = await db.query(sql`SELECT id FROM categories WHERE id = ${id}`)
  return rows.length === 1
}

/** Writes a product with its SKUs and their first stock. @returns their ids */
export async function insertProduct(
  tx: Queryable,
  product: NewProduct,
  actorId: string,
): Promise<{ id: string; skuIds: string[] }> {
  const now = new Date()
  const cheapest = Math.min(...product.skus.map(({ priceFen }) => priceFen))
  const { insertId: productId } = await tx.write(
    sql`INSERT INTO products (category_id, title, description, images, status, min_price_fen, terms,
          created_at, updated_at)
        VALUES (${product.categoryId ?? null}, ${product.title}, ${product.description},
          ${JSON.stringify(product.images)}, 'published', ${cheapest}, ${indexTerms(product.title)},
          ${now}, ${now})`,
  )
  await tx.write(
    sql`INSERT INTO skus (product_id, title, price_fen, stock, limit_per_user, attributes, position)
        VALUES ${rowsOf(
          product.skus.map((sku, position) => [
            productId,
            sku.title,
            sku.priceFen,
            sku.stock,
            sku.limitPerUser ?? null,
            JSON.stringify(sku.attributes),
            position,
          ]),
        )}`,
  )
  const skus = await tx.query<{ id: string; stock: number }>(
    sql`SELECT id, stock FROM skus WHERE product_id = ${productId}`,
  )
  await writeLedger(
    tx,
    skus
      .filter(({ stock }) => stock > 0)
      .map(({ id, stock }) => ({
        skuId: id,
        kind: 'receive',
        delta: stock,
        reason: 'first stock',
        actorId,
      })),
  )
  return { id: productId, skuIds: skus.map(({ id }) => id) }
}

/** Locks a product, so that changes to it come one after the other. @returns false where there is none */
export async function lockProduct(tx: Queryable, id: string): Promise<boolean> {
  const rows = await tx.query(sql`SELECT id FROM products WHERE id = ${id} FOR UPDATE`)
  return rows.length === 1
}

/** Writes the fields of a product that are named. */
export async function updateProduct(
  tx: Queryable,
  id: string,
  change: ProductChange,
): Promise<void> {
  const columns = [sql`updated_at = ${new Date()}`]
  if (change.title !== undefined) {
    columns.push(sql`title = ${change.title}`, sql`terms = ${indexTerms(change.title)}`)
  }
  if (change.description !== undefined) columns.push(sql`description = ${change.description}`)
  if (change.categoryId !== undefined) columns.push(sql`category_id = ${change.categoryId}`)
  if (change.images !== undefined) columns.push(sql`images = ${JSON.stringify(change.images)}`)
  if (change.status !== undefined) columns.push(sql`status = ${change.status}`)
  await tx.write(sql`UPDATE products SET ${join(columns)} WHERE id = ${id}`)
}

type SkuChange = NonNullable<ProductChange['skus']>[number]

/** Writes the fields of a SKU that are named. @returns false where the product has no such SKU */
export async function updateSku(
  tx: Queryable,
  productId: string,
  sku: SkuChange,
): Promise<boolean> {
  const columns = [sql`product_id = product_id`]
  if (sku.title !== undefined) columns.push(sql`title = ${sku.title}`)
  if (sku.priceFen !== undefined) columns.push(sql`price_fen = ${sku.priceFen}`)
  if (sku.limitPerUser !== undefined) columns.push(sql`limit_per_user = ${sku.limitPerUser}`)
  if (sku.attributes !== undefined) {
    columns.push(sql`attributes = ${JSON.stringify(sku.attributes)}`)
  }
  const { rowsAffected } = await tx.write(
    sql`UPDATE skus SET ${join(columns)} WHERE id = ${sku.id} AND product_id = ${productId}`,
  )
  return rowsAffected === 1
}

/** Brings the price by which products are sorted up to their cheapest SKU. */
export async function refreshMinPrice(tx: Queryable, productId: string): Promise<void> {
  await tx.write(
    sql`UPDATE products SET min_price_fen =
          (SELECT MIN(price_fen) FROM skus WHERE product_id = ${productId})
        WHERE id = ${productId}`,
  )
}

/** @returns the ids of a product's SKUs */
export async function skuIdsOf(db: Queryable, productId: string): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    sql`SELECT id FROM skus WHERE product_id = ${productId}`,
  )
  return rows.map(({ id }) => id)
}
