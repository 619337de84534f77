import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import * as z from 'zod/mini'
import { AWS_CLIENT } from '../../../local/aws/sqs.ts'
import { COUPONS } from '../../../local/catalog/coupons.ts'
import { CATALOG } from '../../../local/catalog/products.ts'
import { type SeedOptions, seedCatalog } from '../../../local/catalog/seed.ts'
import { type Databases, startDatabase } from '../../../local/engines/database.ts'
import { migrate } from '../../../local/stack.ts'
import { NewCoupon } from '../../../shared/domain/coupons/schemas.ts'
import { scratchFolder } from '../../support/services.ts'

const dir = scratchFolder('catalog')
const s3Endpoint = inject('endpoints').s3 ?? ''
const bucket = `catalog-${randomUUID()}`
const s3 = new S3Client({ ...AWS_CLIENT, endpoint: s3Endpoint, forcePathStyle: true })
let databases: Databases
let connection: Connection
let options: SeedOptions

beforeAll(async () => {
  databases = await startDatabase({ dir })
  await migrate(databases.primaryUrl, 'up')
  connection = await mysql.createConnection(databases.primaryUrl)
  await s3.send(new CreateBucketCommand({ Bucket: bucket }))
  options = { mysqlUrl: databases.primaryUrl, s3Endpoint, bucket }
  await seedCatalog(options)
})

afterAll(async () => {
  await connection?.end()
  await databases?.stop()
  s3.destroy()
  rmSync(dir, { recursive: true, force: true })
})

async function rows<T = Record<string, unknown>>(sql: string): Promise<T[]> {
  const [found] = await connection.query<RowDataPacket[]>(sql)
  return found as T[]
}

const everything = async () => ({
  categories: await rows('SELECT * FROM categories ORDER BY id'),
  products: await rows('SELECT * FROM products ORDER BY id'),
  skus: await rows('SELECT * FROM skus ORDER BY id'),
  ledger: await rows('SELECT * FROM stock_ledger ORDER BY id'),
  coupons: await rows('SELECT * FROM coupons ORDER BY id'),
})

test('the whole sample is there, on the shelf, and its books balance', async () => {
  const sample = CATALOG.flatMap(({ categories }) => categories)
  const { categories, products, skus } = await everything()
  expect(categories).toHaveLength(CATALOG.length + sample.length)
  expect(products.map(({ title, status }) => [title, status])).toEqual(
    sample.flatMap((category) => category.products.map(({ title }) => [title, 'published'])),
  )
  expect(skus).toHaveLength(
    sample.flatMap((category) => category.products).flatMap((product) => product.skus).length,
  )
  expect(
    await rows(`SELECT sku.id FROM skus sku LEFT JOIN stock_ledger entry ON entry.sku_id = sku.id
      GROUP BY sku.id, sku.stock
      HAVING SUM(entry.kind = 'receive' AND entry.delta = sku.stock) <> 1 OR COUNT(*) <> 1`),
  ).toEqual([])
  expect(
    await rows(`SELECT product.id FROM products product
      LEFT JOIN categories category ON category.id = product.category_id
      LEFT JOIN skus sku ON sku.product_id = product.id
      GROUP BY product.id, product.min_price_fen, category.parent_id
      HAVING category.parent_id IS NULL OR NOT MIN(sku.price_fen) <=> product.min_price_fen`),
  ).toEqual([])
})

test('the sample coupons are there, and are such as an admin could make', async () => {
  const { coupons } = await everything()
  expect(coupons.map(({ name }) => name)).toEqual(COUPONS.map(({ name }) => name))
  for (const coupon of COUPONS) {
    const fields = { ...coupon, validUntil: '2036-01-01T00:00:00Z' }
    expect(z.safeParse(NewCoupon, fields).error, coupon.name).toBeUndefined()
  }
})

test('every product has a picture that can be fetched without a key', async () => {
  const products = await rows<{ images: string | string[] }>('SELECT images FROM products')
  for (const { images } of products) {
    const [image] = typeof images === 'string' ? (JSON.parse(images) as string[]) : images
    const response = await fetch(image ?? '')
    expect(response.headers.get('content-type')).toBe('image/svg+xml')
    expect(await response.text()).toMatch(/^<svg .*<\/svg>\s*$/s)
  }
})

test('a second time keeps what was sold and edited, and uploads nothing', async () => {
  const [product] = await rows<{ images: string | string[] }>('SELECT images FROM products LIMIT 1')
  const [image] = [product?.images].flat().map((text) => /products\/[^"]+/.exec(text ?? '')?.[0])
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: image, Body: 'there already' }))
  await connection.query('UPDATE skus SET stock = stock - 3, version = version + 1 WHERE id = 10')
  await connection.query('UPDATE coupons SET claimed = 7 WHERE id = 3')
  await connection.query("UPDATE products SET title = '改过的', sales = 999 WHERE id = 1")
  const before = await everything()

  await seedCatalog(options)
  expect(await everything()).toEqual(before)
  expect(await (await fetch(`${s3Endpoint}/${bucket}/${image}`)).text()).toBe('there already')
})

test('where pictures have moved, their addresses follow', async () => {
  const elsewhere = s3Endpoint.replace('127.0.0.1', 'localhost')
  await seedCatalog({ ...options, s3Endpoint: elsewhere })
  const stale = await rows(`SELECT id FROM products WHERE images NOT LIKE '%${elsewhere}%'`)
  expect(stale).toEqual([])
})

test('a failure on the way leaves nothing half done', async () => {
  await connection.query('DELETE FROM stock_ledger')
  await connection.query('DELETE FROM skus')
  await connection.query('DELETE FROM products')
  await connection.query('ALTER TABLE stock_ledger ADD CONSTRAINT few CHECK (sku_id < 300)')
  await expect(seedCatalog(options)).rejects.toThrow()
  const { products, skus, ledger } = await everything()
  expect({ products, skus, ledger }).toEqual({ products: [], skus: [], ledger: [] })
})
