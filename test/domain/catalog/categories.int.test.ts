import { afterAll, beforeAll, expect, it } from 'vitest'
import { readProducts } from '../../../shared/domain/catalog/repository.ts'
import { SORTS } from '../../../shared/domain/catalog/schemas.ts'
import { database } from '../../../shared/platform/database/database.ts'
import { listOf, rowsOf, sql } from '../../../shared/platform/database/sql.ts'
import { planOf, watched } from '../../support/plans.ts'

const PER_CATEGORY = 500
const CATEGORIES = ['9001', '9002', '9003', '9004']

beforeAll(async () => {
  const now = new Date()
  for (const category of CATEGORIES) {
    const rows = Array.from({ length: PER_CATEGORY }, (_, index) => {
      const [price, sales] = [(index * 7919) % 97, (index * 104_729) % 89]
      return [category, `p${index}`, '', '[]', 'published', price, sales, now, now]
    })
    await database().write(
      sql`INSERT INTO products (category_id, title, description, images, status, min_price_fen, sales,
            created_at, updated_at) VALUES ${rowsOf(rows)}`,
    )
  }
  await database().query(sql`ANALYZE TABLE products`)
})

afterAll(async () => {
  await database().write(sql`DELETE FROM products WHERE category_id IN (${listOf(CATEGORIES)})`)
})

it.each(SORTS)('pages of several categories by %s read each along its index', async (sort) => {
  const { db, statements } = watched()
  const first = await readProducts(db, { categories: CATEGORIES, sort, limit: 20 })
  const after = first.at(-1)?.position
  const second = await readProducts(db, { categories: CATEGORIES, sort, after, limit: 20 })
  expect(new Set([...first, ...second].map(({ card }) => card.id)).size).toBe(40)
  for (const statement of statements) {
    const parts = (await planOf(statement)).filter(({ table }) => table === 'products')
    expect(parts).toHaveLength(CATEGORIES.length)
    for (const { key, Extra } of parts) {
      expect(key).toBe(`products_category_${sort.replace(/_.*/, '')}`)
      expect(Extra).not.toContain('filesort')
    }
  }
})
