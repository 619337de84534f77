import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { readProducts } from '../../../shared/domain/catalog/repository.ts'
import { SORTS } from '../../../shared/domain/catalog/schemas.ts'
import { database } from '../../../shared/platform/database/database.ts'
import { sql } from '../../../shared/platform/database/sql.ts'

/** A category of its own for each run; the catalogue has no such ids. */
let category = 9_100_000
const add = (price: number) =>
  database().write(
    sql`INSERT INTO products (category_id, title, description, images, status, min_price_fen, sales,
          created_at, updated_at)
        VALUES (${category}, 'x', '', '[]', 'published', ${((price * 7919) % 97) + 1},
          ${(price * 104_729) % 89}, ${new Date()}, ${new Date()})`,
  )
afterEach(() =>
  database().write(sql`DELETE FROM products WHERE category_id BETWEEN 9100000 AND 9109999`),
)

describe('a cursor', () => {
  it.each(SORTS)('neither skips nor repeats by %s while products are added', async (sort) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 96 }), { minLength: 1, maxLength: 6 }),
        async (prices) => {
          const categories = [String(++category)]
          for (let index = 0; index < 12; index++) await add(index * 8)
          const before = await readProducts(database(), { categories, sort, limit: 100 })
          const seen: string[] = []
          let after: (typeof before)[number]['position'] | undefined
          for (let turn = 0; ; turn++) {
            const found = await readProducts(database(), { categories, sort, after, limit: 3 })
            seen.push(...found.map(({ card }) => card.id))
            after = found.at(-1)?.position
            if (found.length < 3) break
            const price = prices[turn]
            if (price !== undefined) await add(price)
          }
          expect(new Set(seen).size).toBe(seen.length)
          const ids = before.map(({ card }) => card.id)
          expect(seen.filter((id) => ids.includes(id))).toEqual(ids)
        },
      ),
      { numRuns: 8 },
    )
  })
})
