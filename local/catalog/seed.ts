import { createHash } from 'node:crypto'
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import mysql, { type Connection, type ResultSetHeader } from 'mysql2/promise'
import { indexTerms } from '../../shared/domain/catalog/search.ts'
import { AWS_CLIENT } from '../aws/sqs.ts'
import { COUPONS } from './coupons.ts'
import { picture } from './pictures.ts'
import { CATALOG, type SampleProduct } from './products.ts'

/** SKUs have ids of their product's, times this, plus their place. */
const SKUS_PER_PRODUCT = 10
/** The first orders of a new shop's hot products, so that sorting by sales shows something. */
const salesOf = (id: number) => (id * 37) % 211

type Placed = { id: number; categoryId: number; product: SampleProduct; image: string; svg: string }

export type SeedOptions = { mysqlUrl: string; s3Endpoint: string; bucket: string }

/**
 * Puts the sample catalogue and coupons into a shop, with pictures in the bucket. Doing it again
 * changes nothing but the pictures' addresses, where those have moved: stock that was sold stays sold.
 * @returns how many products the sample has
 */
export async function seedCatalog(options: SeedOptions): Promise<{ products: number }> {
  const products = placeProducts(`${options.s3Endpoint}/${options.bucket}`)
  await uploadPictures(options, products)
  const connection = await mysql.createConnection(options.mysqlUrl)
  try {
    await connection.beginTransaction()
    await insertCategories(connection)
    for (const placed of products) await insertProduct(connection, placed)
    await insertCoupons(connection)
    await connection.commit()
  } finally {
    await connection.end()
  }
  return { products: products.length }
}

/** Gives everything its fixed id, so that a second time is known to be one. */
function placeProducts(mediaUrl: string): Placed[] {
  const placed: Placed[] = []
  for (const { category, id: categoryId } of leaves()) {
    for (const [variant, product] of category.products.entries()) {
      const svg = picture(category.motif, variant + categoryId)
      const hash = createHash('sha256').update(svg).digest('hex').slice(0, 8)
      const id = placed.length + 1
      const image = `${mediaUrl}/products/${id}-${hash}.svg`
      placed.push({ id, categoryId, product, image, svg })
    }
  }
  return placed
}

/** Groups have the ids 1, 2, …; their categories the ids 101, 102, …, 201, … */
function leaves() {
  return CATALOG.flatMap(({ categories }, group) =>
    categories.map((category, index) => ({
      category,
      id: (group + 1) * 100 + index + 1,
      group: group + 1,
    })),
  )
}

async function uploadPictures(options: SeedOptions, products: readonly Placed[]): Promise<void> {
  const { s3Endpoint: endpoint, bucket: Bucket } = options
  const s3 = new S3Client({ ...AWS_CLIENT, endpoint, forcePathStyle: true })
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'products/' }))
  const there = new Set(Contents.map(({ Key }) => Key))
  const keyOf = ({ image }: Placed) => image.slice(image.indexOf('products/'))
  const missing = products.filter((placed) => !there.has(keyOf(placed)))
  await Promise.all(
    missing.map((placed) =>
      s3.send(
        new PutObjectCommand({
          Bucket,
          Key: keyOf(placed),
          Body: placed.svg,
          ContentType: 'image/svg+xml',
        }),
      ),
    ),
  )
  s3.destroy()
}

async function insertCategories(connection: Connection): Promise<void> {
  const groups = CATALOG.map(({ name }, index) => [index + 1, null, name, index])
  const below = leaves().map(({ category, id, group }) => [id, group, category.name, id])
  await connection.query('INSERT IGNORE INTO categories (id, parent_id, name, position) VALUES ?', [
    [...groups, ...below],
  ])
}

async function insertProduct(connection: Connection, placed: Placed): Promise<void> {
  const { id, categoryId, product, image } = placed
  const images = JSON.stringify([image])
  const cheapest = Math.min(...product.skus.map(({ priceFen }) => priceFen))
  const [inserted] = await connection.query<ResultSetHeader>(
    `INSERT IGNORE INTO products
       (id, category_id, title, description, images, status, sales, min_price_fen, terms, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, 'published', ?, ?, ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
    [
      id,
      categoryId,
      product.title,
      product.description,
      images,
      salesOf(id),
      cheapest,
      indexTerms(product.title),
    ],
  )
  if (inserted.affectedRows === 0) {
    await connection.query(
      'UPDATE products SET images = ?, terms = ? WHERE id = ? AND (images <> ? OR terms IS NULL)',
      [images, indexTerms(product.title), id, images],
    )
    return
  }
  for (const [position, sku] of product.skus.entries()) {
    const skuId = id * SKUS_PER_PRODUCT + position
    const attributes = JSON.stringify(sku.attributes ?? {})
    await connection.query(
      `INSERT INTO skus (id, product_id, title, price_fen, stock, limit_per_user, attributes, position)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        skuId,
        id,
        sku.title,
        sku.priceFen,
        sku.stock,
        sku.limitPerUser ?? null,
        attributes,
        position,
      ],
    )
    await connection.query(
      `INSERT INTO stock_ledger (sku_id, kind, delta, reason, created_at)
       VALUES (?, 'receive', ?, 'sample catalogue', UTC_TIMESTAMP(3))`,
      [skuId, sku.stock],
    )
  }
}

/** Coupons have the ids 1, 2, … */
async function insertCoupons(connection: Connection): Promise<void> {
  for (const [index, coupon] of COUPONS.entries()) {
    await connection.query(
      `INSERT IGNORE INTO coupons
         (id, name, kind, amount_fen, percent_off, max_discount_fen, threshold_fen, valid_from, valid_until,
          total, per_user, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, '2026-01-01', '2036-01-01', ?, ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
      [
        index + 1,
        coupon.name,
        coupon.kind,
        coupon.amountFen ?? null,
        coupon.percentOff ?? null,
        coupon.maxDiscountFen ?? null,
        coupon.thresholdFen,
        coupon.total ?? null,
        coupon.perUser,
      ],
    )
  }
}
