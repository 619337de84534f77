import mysql from 'mysql2/promise'
import { encodeTime } from 'ulid'

/** Orders of one statement, all with the same first half of their id: that of a moment. */
const BATCH = 10_000
const BATCH_MILLIS = 60_000
export const FROM = Date.UTC(2026, 0, 1)

/** @returns the time before which so many orders were placed */
export const timeAfter = (orders: number) => FROM + Math.ceil(orders / BATCH) * BATCH_MILLIS

const TIME_LENGTH = 10
const ID = "CONCAT(?, LPAD(n, 16, '0'))"
const NUMBERS = Array.from({ length: 4 }, (_, place) => {
  const digits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((digit) => `SELECT ${digit} AS d`)
  return `(${digits.join(' UNION ALL ')}) AS t${place}`
}).join(' CROSS JOIN ')
const N = 't0.d + 10 * t1.d + 100 * t2.d + 1000 * t3.d'

/**
 * Inserts paid orders of one item each, as different from each other as those of a shop are.
 * @param progress told how much is done, 0 to 1
 */
export async function seedOrders(
  mysqlUrl: string,
  count: number,
  progress: (share: number) => void,
): Promise<void> {
  const db = await mysql.createConnection({ uri: mysqlUrl, timezone: 'Z' })
  let time = FROM
  for (let done = 0; done < count; done += BATCH, time += BATCH_MILLIS) {
    const prefix = encodeTime(time, TIME_LENGTH)
    const at = new Date(time)
    const numbers = `(SELECT ${N} AS n FROM ${NUMBERS}) AS numbers WHERE n < ?`
    const left = Math.min(BATCH, count - done)
    await db.query(
      `INSERT INTO orders (id, user_id, state, items_fen, discount_fen, total_fen, address, remark,
         created_at, expires_at, updated_at, paid_at, carrier, tracking_no, shipped_at)
       SELECT ${ID}, 1 + (n * 7919) % 50000, 'shipped', 1990 + n, 100, 1890 + n,
         JSON_OBJECT('name', CONCAT('王', n % 97), 'phone', CONCAT('138', LPAD(n * 104729 % 99999999, 8, '0')),
           'province', '浙江省', 'city', '杭州市', 'district', '西湖区',
           'detail', CONCAT('文三路 ', n % 500, ' 号 ', SUBSTR(MD5(n + ?), 1, 8))),
         IF(n % 4 = 0, CONCAT('周末送货 ', n % 31), NULL), ?, ?, ?, ?, 'SF',
         CONCAT('SF', n * 1299709 % 10000000000), ? FROM ${numbers}`,
      [prefix, done, at, at, at, at, at, left],
    )
    await db.query(
      `INSERT INTO order_items (order_id, sku_id, product_id, title, sku_title, image, price_fen, quantity)
       SELECT ${ID}, 1 + n % 400, 1 + n % 200, CONCAT('细嘴手冲壶 ', n % 200), CONCAT('黑色 ', n % 2),
         'https://example.com/pot.jpg', 1990 + n, 1 FROM ${numbers}`,
      [prefix, left],
    )
    progress(Math.min(1, (done + BATCH) / count))
  }
  await db.query('ANALYZE TABLE orders, order_items')
  await db.end()
}
