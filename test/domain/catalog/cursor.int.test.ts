import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { readAddresses } from '../../shared/domain/addresses/repository.ts'
import { readCart } from '../../shared/domain/cart/repository.ts'
import { readProducts } from '../../shared/domain/catalog/repository.ts'
import { SORTS } from '../../shared/domain/catalog/schemas.ts'
import { indexTerms, searchExpression } from '../../shared/domain/catalog/search.ts'
import { readClaimed, readCoupons, readOffers } from '../../shared/domain/coupons/repository.ts'
import { readHistory } from '../../shared/domain/orders/history.ts'
import { readLongShipped, readOrders, readOverdue } from '../../shared/domain/orders/repository.ts'
import { createIncidents } from '../../shared/domain/payments/incidents.ts'
import { readDueRefunds } from '../../shared/domain/payments/refund-repository.ts'
import { readDuePrepays } from '../../shared/domain/payments/repository.ts'
import { type Database, database } from '../../shared/platform/database/database.ts'
import { raw, rowsOf, sql } from '../../shared/platform/database/sql.ts'
import { orderOf } from '../support/orders.ts'
import { planOf, watched } from '../support/plans.ts'

const USERS = 40
const ROWS = 2_000
const CATEGORY = '9100'
const STATES = ['unpaid', 'paid', 'shipped', 'completed', 'cancelled']
const USER = '910000001'
const now = new Date()
const userOf = (index: number) => String(910_000_000 + (index % USERS))

async function insert(table: string, columns: string, row: (index: number) => unknown[]) {
  const rows = Array.from({ length: ROWS }, (_, index) => row(index))
  for (let from = 0; from < ROWS; from += 500) {
    await database().write(
      sql`INSERT INTO ${raw(`${table} (${columns})`)} VALUES ${rowsOf(rows.slice(from, from + 500))}`,
    )
  }
  await database().query(sql`ANALYZE TABLE ${raw(table)}`)
}

/** One of twenty categories, as in a shop: of one alone another plan would be cheaper. */
const categoryOf = (index: number) => String(Number(CATEGORY) + (index % 20))
const product = (index: number) => {
  const title = `商品${index} 茶叶`
  const [price, sales] = [((index * 7919) % 97) + 1, (index * 104_729) % 89]
  return [
    categoryOf(index),
    title,
    '',
    '[]',
    indexTerms(title),
    'published',
    price,
    sales,
    now,
    now,
  ]
}
const PRODUCT_COLUMNS =
  'category_id, title, description, images, terms, status, min_price_fen, sales, created_at, updated_at'

// Enough rows that reading all of them is not the cheapest plan.
beforeAll(async () => {
  const ids = Array.from({ length: ROWS }, () => orderOf({ '1': 1 }).orderId)
  const idOf = (index: number) => ids[index] ?? ''
  await insert('products', PRODUCT_COLUMNS, product)
  await insert(
    'orders',
    'id, user_id, state, total_fen, created_at, expires_at, updated_at, shipped_at',
    (i) => [idOf(i), userOf(i), STATES[i % STATES.length], 1, now, now, now, now],
  )
  await insert(
    'order_items',
    'order_id, sku_id, product_id, title, sku_title, price_fen, quantity',
    (i) => [idOf(i), 1, 1, 'x', 'x', 1, 1],
  )
  await insert('order_history', 'order_id, step, to_state, actor, created_at', (i) => [
    idOf(i),
    'pay',
    'paid',
    'wechat',
    now,
  ])
  await insert('prepays', 'order_id, settled, check_at, created_at', (i) => [
    idOf(i),
    i % 50 === 0 ? 0 : 1,
    now,
    now,
  ])
  await insert(
    'refunds',
    'order_id, refund_no, cause, state, amount_fen, came_from, check_at, created_at, updated_at',
    (i) => [
      idOf(i),
      idOf(i),
      'order',
      i % 50 === 0 ? 'granted' : 'succeeded',
      1,
      'paid',
      now,
      now,
      now,
    ],
  )
  await insert('payment_incidents', 'kind, order_id, detail, created_at', (i) => [
    'test',
    idOf(i),
    'x',
    now,
  ])
  await insert(
    'coupons',
    'name, kind, amount_fen, threshold_fen, valid_from, valid_until, per_user, created_at, updated_at',
    () => ['x', 'amount', 1, 2, now, new Date(now.getTime() + 3_600_000), 1, now, now],
  )
  await insert('user_coupons', 'user_id, coupon_id, claimed', (i) => [userOf(i), 100_000 + i, 1])
  await insert('cart_items', 'user_id, sku_id, quantity, added_at', (i) => [
    userOf(i),
    100_000 + i,
    1,
    now,
  ])
  await insert(
    'addresses',
    'user_id, name, phone, province, city, district, detail, created_at, updated_at',
    (i) => [userOf(i), 'x', '13800138000', 'x', 'x', 'x', 'x', now, now],
  )
  return async () => {
    for (const table of ['orders', 'order_items', 'order_history', 'prepays', 'refunds']) {
      const column = table === 'orders' ? 'id' : 'order_id'
      for (let from = 0; from < ROWS; from += 500) {
        await database().write(
          sql`DELETE FROM ${raw(table)} WHERE ${raw(column)} IN ${rowsOf([ids.slice(from, from + 500)])}`,
        )
      }
    }
    await database().write(sql`DELETE FROM payment_incidents WHERE kind = 'test'`)
    await database().write(sql`DELETE FROM coupons WHERE name = 'x'`)
    for (const table of ['user_coupons', 'cart_items', 'addresses']) {
      await database().write(
        sql`DELETE FROM ${raw(table)} WHERE user_id BETWEEN 910000000 AND 910000999`,
      )
    }
    await database().write(sql`DELETE FROM products WHERE category_id BETWEEN 9100 AND 9119`)
  }
}, 120_000)

const limit = 20
const search = searchExpression('茶叶')
const middle = '01KB2Z5GJ9QW8X4V7T3N6M2R1C'
const page = { userId: USER, at: now, limit }

/** What each list asks of the database, and the index on which its first table goes. */
const LISTS: [name: string, read: (db: Database) => Promise<unknown>, keys: string[]][] = [
  ...SORTS.map((sort): (typeof LISTS)[number] => [
    `products by ${sort}`,
    (db) => readProducts(db, { sort, limit }),
    [`products_${sort.replace(/_.*/, '')}`, 'PRIMARY'],
  ]),
  ...SORTS.map((sort): (typeof LISTS)[number] => [
    `products of a category by ${sort}`,
    (db) => readProducts(db, { categories: [CATEGORY], sort, limit }),
    // Which one is cheaper depends on how much else there is.
    ['products_category_', 'products_'].map((name) => name + sort.replace(/_.*/, '')),
  ]),
  ['a search', (db) => readProducts(db, { search, sort: 'newest', limit }), ['products_terms']],
  ["a user's orders", (db) => readOrders(db, { userId: USER, limit }), ['orders_user']],
  [
    "a user's orders in a state",
    (db) => readOrders(db, { userId: USER, status: 'paid', limit }),
    ['orders_user_state', 'orders_user'],
  ],
  ["everybody's orders", (db) => readOrders(db, { before: middle, limit }), ['PRIMARY']],
  [
    "everybody's orders in a state",
    (db) => readOrders(db, { status: 'paid', limit }),
    ['orders_state'],
  ],
  ['unpaid orders to close', (db) => readOverdue(db, now, limit), ['orders_due']],
  ['shipped orders to confirm', (db) => readLongShipped(db, now, limit), ['orders_shipped']],
  ["an order's history", (db) => readHistory(db, middle), ['order_history_order']],
  ['payments to ask about', (db) => readDuePrepays(db, now, limit), ['prepays_due']],
  ['refunds to move on', (db) => readDueRefunds(db, now, limit), ['refunds_due']],
  ['incidents', (db) => createIncidents(db).list({ limit }), ['PRIMARY']],
  ['coupons', (db) => readCoupons(db, { limit }), ['PRIMARY']],
  ['coupons on offer', (db) => readOffers(db, page), ['PRIMARY']],
  ["a user's coupons", (db) => readClaimed(db, page), ['PRIMARY']],
  ['a cart', (db) => readCart(db, USER), ['PRIMARY', 'cart_items_user']],
  ['addresses', (db) => readAddresses(db, USER), ['addresses_user']],
]

describe('the plan of', () => {
  it.each(LISTS)('%s goes along an index', async (_, read, keys) => {
    const { db, statements } = watched()
    await read(db)
    const [first] = statements
    if (first === undefined) throw new Error('nothing was asked')
    const plan = await planOf(first)
    for (const key of (plan[0]?.key ?? 'none').split(',')) {
      expect(keys, JSON.stringify(plan)).toContain(key)
    }
    for (const { type, key } of plan) expect([type === 'ALL', key]).not.toEqual([true, null])
  })
})

describe('a cursor', () => {
  it.each(SORTS)('neither skips nor repeats by %s while products are added', async (sort) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 96 }), { minLength: 1, maxLength: 6 }),
        async (prices) => {
          const categories = [String(9_200 + Math.floor(Math.random() * 1_000_000))]
          const add = (price: number) =>
            database().write(
              sql`INSERT INTO products (${raw(PRODUCT_COLUMNS)})
                  VALUES ${rowsOf([[categories[0], ...product(price).slice(1)]])}`,
            )
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
          await database().write(sql`DELETE FROM products WHERE category_id = ${categories[0]}`)
        },
      ),
      { numRuns: 8 },
    )
  })
})
