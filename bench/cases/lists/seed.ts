import type { Connection } from 'mysql2/promise'

/** Owns a quarter of all orders, so that a list of one user is deep too. */
export const BUYER = '900000000'
const OTHER_BUYERS = 5_000
const CHUNK = 50_000

/** Ids that sort by their number, of a ULID's length and letters. */
const ID = "CONCAT('01BENCH', LPAD(n, 19, '0'))"

/** Throws all orders away. */
export async function emptyOrders(connection: Connection): Promise<void> {
  await connection.query('TRUNCATE TABLE order_items')
  await connection.query('TRUNCATE TABLE orders')
}

/**
 * Adds orders with one item each until there are `total`.
 * @param from how many there are already
 * @param progress told the share that is done
 */
export async function fillOrders(
  connection: Connection,
  from: number,
  total: number,
  progress: (share: number) => void,
): Promise<void> {
  for (let start = from; start < total; start += CHUNK) {
    const count = Math.min(CHUNK, total - start)
    // 1000 deep is as far as MySQL recurses; crossed with itself that makes a million.
    const numbers = `WITH RECURSIVE t AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM t WHERE i < 999)
      SELECT n FROM (SELECT ${start} + a.i * 1000 + b.i AS n FROM t a JOIN t b ON a.i < ${CHUNK / 1000}) m
      WHERE n < ${start + count}`
    await connection.query(
      `INSERT INTO orders (id, user_id, state, items_fen, total_fen, address, created_at, expires_at,
         updated_at, paid_at)
       SELECT ${ID}, IF(n % 4 = 0, ${BUYER}, ${BUYER} + 1 + n % ${OTHER_BUYERS}),
         ELT(1 + n % 5, 'unpaid', 'paid', 'shipped', 'completed', 'cancelled'), 12800, 12800,
         '{"name":"王小明","phone":"13800138000","province":"浙江省","city":"杭州市","district":"西湖区","detail":"文三路 1 号"}',
         t, t + INTERVAL 15 MINUTE, t, t + INTERVAL 1 MINUTE
       FROM (SELECT n, '2026-01-01' + INTERVAL n SECOND AS t FROM (${numbers}) k) o ORDER BY n`,
    )
    await connection.query(
      `INSERT INTO order_items (order_id, sku_id, product_id, title, sku_title, image, price_fen, quantity)
       SELECT ${ID}, 10 + n % 400, 1 + n % 40, '阳山水蜜桃', '3 kg', 'https://media.example.com/1.svg', 12800, 1
       FROM (${numbers}) k ORDER BY n`,
    )
    progress((start + count) / total)
  }
  await connection.query('ANALYZE TABLE orders, order_items')
}
