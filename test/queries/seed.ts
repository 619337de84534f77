import type { Pool, RowDataPacket } from 'mysql2/promise'
import { encodeTime } from 'ulid'

export const ROWS = 100_000
/** Numbers below this are ids in every table, whatever a column's spread. */
export const COMMON_IDS = 5_000
export const CATEGORIES = 50
/** Has a quarter of all orders. */
export const FREQUENT_BUYER = '20001'

/** A year of rows, up to now. */
const STEP_MILLIS = (365 * 24 * 3600 * 1000) / ROWS
const START = Date.now() - ROWS * STEP_MILLIS
const INSERT_COUNT = 10_000

/** The ULID of row `n`: the id of the order, and whatever else is named by one. */
export const ulidOf = (n: number) =>
  `${encodeTime(Math.floor(START + n * STEP_MILLIS), 10)}${String(n).padStart(16, '0')}`

const oneIn = (share: number, rare: string, usual: string) =>
  `IF(n % ${share} = 0, ${rare}, ${usual})`
/** Most of what a shop has is over; `open` are the states that still move, one row in a hundred each. */
const states = (done: string, ...open: string[]) =>
  `ELT(LEAST(1 + n % 100, ${open.length + 1}), ${[...open, done].map((state) => `'${state}'`).join(', ')})`
/** A few are far more in demand than the others. */
const skewed = '1 + FLOOR(POW(RAND(n), 3) * rows_all)'

/**
 * What a column holds, by `table.column` or by the column's name, as SQL over `n` (from 0), `u` (its ULID),
 * `at` (its time) and `rows_all`. Columns that are not named are filled by their type.
 */
const COLUMNS: Record<string, string> = {
  id: 'n + 1',
  user_id: '1 + n % 20000',
  product_id: '1 + n % 40000',
  sku_id: skewed,
  coupon_id: `1 + n DIV 20 % ${COMMON_IDS}`,
  category_id: `1 + n % ${CATEGORIES}`,
  order_id: 'u',
  email: "CONCAT('user', n, '@example.com')",
  settled: oneIn(200, '0', '1'),
  'skus.product_id': '1 + n DIV 2',
  'skus.limit_per_user': oneIn(50, '2', 'NULL'),
  'order_items.product_id': '1 + n % 40000',
  'orders.user_id': oneIn(4, FREQUENT_BUYER, '1 + (n + 1) % 20000'),
  'orders.state': states(
    'completed',
    'unpaid',
    'paid',
    'shipped',
    'refunding',
    'cancelled',
    'failed',
  ),
  'orders.expires_at': 'at + INTERVAL 15 MINUTE',
  'orders.shipped_at': 'at + INTERVAL 1 DAY',
  'order_notices.news': "'paid'",
  'order_notices.channel': "'subscribe'",
  'order_notices.state': states('sent', 'sending', 'dropped'),
  'refunds.state': states('succeeded', 'asked', 'granted', 'processing', 'abnormal'),
  'coupon_uses.state': states('used', 'returned'),
  'coupons.withdrawn_at': oneIn(10, 'at', 'NULL'),
  'coupons.valid_until': 'at + INTERVAL 30 DAY',
  'products.status': oneIn(20, "'hidden'", "'published'"),
  'products.sales': 'FLOOR(POW(RAND(n), 3) * 10000)',
  'products.min_price_fen': '100 + FLOOR(RAND(n + 1) * 100000)',
  'products.terms': "CONCAT('u8336u53f6 t', n % 1000)",
  'stock_ledger.kind': "ELT(1 + n % 3, 'reserve', 'release', 'receive')",
  // Hundred campaigns of a thousand recipients; all but one are over.
  'campaign_recipients.campaign_id': '(SELECT s.u FROM seq s WHERE s.n = seq.n DIV 1000)',
  'campaign_recipients.position': '1 + n % 1000',
  'campaign_recipients.state': "IF(n < rows_all - 500, 'sent', 'queued')",
  'campaign_recipients.message_id': "CONCAT('message-', n)",
  'campaigns.state': states('done', 'sending'),
  'campaigns.html': "'<p>x</p>'",
}

/** Tables that a shop has few rows in, with how many. */
const SMALL: Record<string, number> = { categories: CATEGORIES, campaigns: 100 }

type Column = RowDataPacket & {
  tbl: string
  col: string
  type: string
  nullable: string
}

/** Fills every table of the schema, new ones too, with {@link ROWS} rows, and has the server count them. */
export async function seed(pool: Pool): Promise<void> {
  await pool.query(
    'CREATE TABLE seq (n INT PRIMARY KEY, u CHAR(26) CHARACTER SET ascii COLLATE ascii_bin)',
  )
  for (let from = 0; from < ROWS; from += INSERT_COUNT) {
    const rows = Array.from({ length: INSERT_COUNT }, (_, index) => [
      from + index,
      ulidOf(from + index),
    ])
    await pool.query('INSERT INTO seq VALUES ?', [rows])
  }
  const [columns] = await pool.query<Column[]>(
    `SELECT table_name AS tbl, column_name AS col, data_type AS type, is_nullable AS nullable
     FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name NOT IN ('seq', 'schema_migrations')
     ORDER BY table_name, ordinal_position`,
  )
  const tables = [...Map.groupBy(columns, ({ tbl }) => tbl)]
  // Side by side, as many as the pool has connections.
  await Promise.all(tables.map(([table, parts]) => fill(pool, table, parts)))
  await pool.query('DROP TABLE seq')
}

async function fill(pool: Pool, table: string, columns: readonly Column[]): Promise<void> {
  const rows = SMALL[table] ?? ROWS
  const names = columns.map(({ col }) => `\`${col}\``).join(', ')
  // What would break a unique key is left out.
  await pool.query(
    `INSERT IGNORE INTO ${table} (${names})
     SELECT ${columns.map(expressionOf).join(', ')}
     FROM (SELECT n, u, ${rows} AS rows_all,
             FROM_UNIXTIME(${START / 1000}) + INTERVAL n * ${STEP_MILLIS * 1000} MICROSECOND AS at
           FROM seq WHERE n < ${rows}) AS seq`,
  )
  await pool.query(`ANALYZE TABLE ${table}`)
}

function expressionOf({ tbl, col, type, nullable }: Column): string {
  const own = COLUMNS[`${tbl}.${col}`]
  if (own !== undefined) return own
  if (col === 'id' && type === 'char') return 'u'
  const named = COLUMNS[col]
  if (named !== undefined) return named
  switch (type) {
    case 'datetime':
    case 'timestamp':
      return 'at'
    case 'tinyint':
      return 'n % 2'
    case 'json':
    case 'longtext':
      return "'[]'"
    case 'char':
    case 'varchar':
      return nullable === 'YES' ? oneIn(10, "'x'", 'NULL') : `LEFT(CONCAT('${col[0]}', n), 16)`
    case 'text':
    case 'mediumtext':
      return "'x'"
    default:
      return 'n % 1000'
  }
}
