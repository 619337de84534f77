import { readAddresses } from '../../shared/domain/addresses/repository.ts'
import { readCart } from '../../shared/domain/cart/repository.ts'
import { readProducts } from '../../shared/domain/catalog/repository.ts'
import { SORTS } from '../../shared/domain/catalog/schemas.ts'
import { searchExpression } from '../../shared/domain/catalog/search.ts'
import { readClaimed, readCoupons, readOffers } from '../../shared/domain/coupons/repository.ts'
import { readHistory } from '../../shared/domain/orders/history.ts'
import { readLongShipped, readOrders, readOverdue } from '../../shared/domain/orders/repository.ts'
import { createIncidents } from '../../shared/domain/payments/incidents.ts'
import { readDueRefunds } from '../../shared/domain/payments/refund-repository.ts'
import { readDuePrepays } from '../../shared/domain/payments/repository.ts'
import type { Queryable } from '../../shared/platform/database/database.ts'
import { ROWS, ulidOf } from './seed.ts'

const USER = '77'
const CATEGORY = '7'
const limit = 20
const now = new Date()
const middle = ulidOf(ROWS / 2)
const search = searchExpression('茶叶')
const page = { userId: USER, at: now, limit }
const after = { value: '5000', id: String(ROWS / 2) }
const overdue = { orderId: middle, expiresAt: new Date(now.getTime() - 86_400_000) }
const indexOf = (prefix: string, sort: string) => prefix + sort.replace(/_.*/, '')

type List = [name: string, read: (db: Queryable) => Promise<unknown>, keys: string[]]

/** What each list asks of the database, and the indexes along which its first table may be read. */
export const LISTS: List[] = [
  ...SORTS.flatMap((sort): List[] => [
    [
      `products by ${sort}`,
      (db) => readProducts(db, { sort, limit }),
      [indexOf('products_', sort), 'PRIMARY'],
    ],
    [
      `the next products by ${sort}`,
      (db) => readProducts(db, { sort, after, limit }),
      [indexOf('products_', sort), 'PRIMARY'],
    ],
    [
      `products of a category by ${sort}`,
      (db) => readProducts(db, { categories: [CATEGORY], sort, limit }),
      [indexOf('products_category_', sort)],
    ],
    [
      `the next products of several categories by ${sort}`,
      (db) => readProducts(db, { categories: ['1', '2', '3'], sort, after, limit }),
      [indexOf('products_category_', sort)],
    ],
  ]),
  ['a search', (db) => readProducts(db, { search, sort: 'newest', limit }), ['products_terms']],
  [
    'limited products',
    (db) => readProducts(db, { limited: true, sort: 'newest', limit }),
    ['PRIMARY', 'products_newest'],
  ],
  ["a user's orders", (db) => readOrders(db, { userId: USER, limit }), ['orders_user']],
  [
    "a user's orders in a state",
    (db) => readOrders(db, { userId: USER, status: 'paid', limit }),
    ['orders_user_state'],
  ],
  ["everybody's orders", (db) => readOrders(db, { before: middle, limit }), ['PRIMARY']],
  [
    "everybody's orders in a state",
    (db) => readOrders(db, { status: 'paid', limit }),
    ['orders_state'],
  ],
  ['unpaid orders to close', (db) => readOverdue(db, now, limit), ['orders_due']],
  ['more unpaid orders to close', (db) => readOverdue(db, now, limit, overdue), ['orders_due']],
  ['shipped orders to confirm', (db) => readLongShipped(db, now, limit), ['orders_shipped']],
  ["an order's history", (db) => readHistory(db, middle), ['order_history_order']],
  ['payments to ask about', (db) => readDuePrepays(db, now, limit), ['prepays_due']],
  ['refunds to move on', (db) => readDueRefunds(db, now, limit), ['refunds_due']],
  ['incidents', (db) => createIncidents(db).list({ limit }), ['PRIMARY']],
  ['coupons', (db) => readCoupons(db, { limit }), ['PRIMARY']],
  ['coupons on offer', (db) => readOffers(db, page), ['PRIMARY']],
  ["a user's coupons", (db) => readClaimed(db, page), ['PRIMARY']],
  ['a cart', (db) => readCart(db, USER), ['PRIMARY']],
  ['addresses', (db) => readAddresses(db, USER), ['addresses_user']],
]
