import type { Queryable } from '../../platform/database/database.ts'
import { join, listOf, rowsOf, type Sql, sql } from '../../platform/database/sql.ts'
import type { StockRow } from './counters.ts'

/**
 * Why stock changed. `reserve` and `release` belong to an order, as does `restock`: units that come back
 * with a refund count as received again. The others belong to an admin.
 */
export type LedgerKind = 'receive' | 'correct' | 'reserve' | 'release' | 'restock'

export type LedgerEntry = {
  skuId: string
  kind: LedgerKind
  delta: number
  orderId?: string
  reason?: string
  actorId?: string
}

type Row = { id: string; stock: number; version: string }
const toStockRow = ({ id, stock, version }: Row): StockRow => ({
  skuId: id,
  stock: Number(stock),
  version,
})

/** @returns the rows of these SKUs; those that don't exist are left out */
export async function readStock(db: Queryable, skuIds: readonly string[]): Promise<StockRow[]> {
  if (skuIds.length === 0) return []
  const rows = await db.query<Row>(
    sql`SELECT id, stock, version FROM skus WHERE id IN (${listOf(skuIds)}) ORDER BY id`,
  )
  return rows.map(toStockRow)
}

/** @returns the rows of the next SKUs after an id, in the order of ids */
export async function readAllStock(
  db: Queryable,
  after: string,
  limit: number,
): Promise<StockRow[]> {
  const rows = await db.query<Row>(
    sql`SELECT id, stock, version FROM skus WHERE id > ${after} ORDER BY id LIMIT ${limit}`,
  )
  return rows.map(toStockRow)
}

/**
 * @returns those of the SKUs whose row is not the sum of their ledger: one statement, so both are of the
 *   same moment
 */
export async function readLedgerDrift(
  db: Queryable,
  skuIds: readonly string[],
): Promise<{ skuId: string; stock: number; ledger: number }[]> {
  if (skuIds.length === 0) return []
  const rows = await db.query<{ id: string; stock: number; ledger: string }>(
    sql`SELECT s.id, s.stock,
          (SELECT COALESCE(SUM(l.delta), 0) FROM stock_ledger l WHERE l.sku_id = s.id) AS ledger
        FROM skus s WHERE s.id IN (${listOf(skuIds)})`,
  )
  return rows
    .map(({ id, stock, ledger }) => ({ skuId: id, stock, ledger: Number(ledger) }))
    .filter(({ stock, ledger }) => stock !== ledger)
}

/** Like {@link readStock}, and locks the rows, in the order of ids so that two can't deadlock. */
export async function lockStock(tx: Queryable, skuIds: readonly string[]): Promise<StockRow[]> {
  const rows = await tx.query<Row>(
    sql`SELECT id, stock, version FROM skus FORCE INDEX (PRIMARY) WHERE id IN (${listOf(skuIds)})
        ORDER BY id FOR UPDATE`,
  )
  return rows.map(toStockRow)
}

/** How many units of each SKU, by its id. */
export type Units = ReadonlyMap<string, number>

/** @returns what lines come to for each SKU */
export function unitsOf(lines: Iterable<{ skuId: string; quantity: number }>): Units {
  const units = new Map<string, number>()
  for (const { skuId, quantity } of lines) units.set(skuId, (units.get(skuId) ?? 0) + quantity)
  return units
}

/**
 * An expression: the units of the row's SKU. Statements with it name the index: they would go through
 * a small table as a whole, and wait for rows that they don't change.
 */
const unitsOfRow = (units: Units): Sql =>
  sql`CASE id ${join(
    [...units].map(([skuId, count]) => sql`WHEN ${skuId} THEN ${count}`),
    ' ',
  )} END`

/**
 * Takes units out of the stock of SKUs, in one statement for all of them.
 * @returns false where one has not that many, or does not exist: then roll back, others were changed
 */
export async function takeStock(tx: Queryable, units: Units): Promise<boolean> {
  if (units.size === 0) return true
  const { rowsAffected } = await tx.write(
    sql`UPDATE skus FORCE INDEX (PRIMARY) SET stock = stock - ${unitsOfRow(units)}, version = version + 1
        WHERE id IN (${listOf([...units.keys()])}) AND stock >= ${unitsOfRow(units)}`,
  )
  return rowsAffected === units.size
}

/**
 * Puts units into the stock of SKUs, in one statement for all of them.
 * @returns false where one does not exist
 */
export async function addStock(tx: Queryable, units: Units): Promise<boolean> {
  const { rowsAffected } = await tx.write(
    sql`UPDATE skus FORCE INDEX (PRIMARY) SET stock = stock + ${unitsOfRow(units)}, version = version + 1
        WHERE id IN (${listOf([...units.keys()])})`,
  )
  return rowsAffected === units.size
}

/**
 * Writes down changes of stock, in the transaction that makes them.
 * @throws StatementFailed (duplicate) where an order's step on a SKU stands there already
 */
export async function writeLedger(tx: Queryable, entries: readonly LedgerEntry[]): Promise<void> {
  if (entries.length === 0) return
  const now = new Date()
  const values = entries.map((entry) => [
    entry.skuId,
    entry.kind,
    entry.delta,
    entry.orderId ?? null,
    entry.reason ?? null,
    entry.actorId ?? null,
    now,
  ])
  await tx.write(
    sql`INSERT INTO stock_ledger (sku_id, kind, delta, order_id, reason, actor_id, created_at)
        VALUES ${rowsOf(values)}`,
  )
}

export type StockSums = { stock: number; received: number; unpaid: number; sold: number }

/** @returns a SKU's sums as one snapshot has them, or undefined where there is no such SKU */
export async function readSums(tx: Queryable, skuId: string): Promise<StockSums | undefined> {
  const [row] = await tx.query<Record<keyof StockSums, string | null>>(
    sql`SELECT s.stock AS stock,
          (SELECT SUM(l.delta) FROM stock_ledger l
            WHERE l.sku_id = s.id AND l.kind IN ('receive', 'correct', 'restock')) AS received,
          (SELECT SUM(i.quantity) FROM order_items i JOIN orders o ON o.id = i.order_id
            WHERE i.sku_id = s.id AND o.state = 'unpaid') AS unpaid,
          (SELECT SUM(i.quantity) FROM order_items i JOIN orders o ON o.id = i.order_id
            WHERE i.sku_id = s.id
              AND o.state IN ('paid', 'shipped', 'completed', 'refunding', 'refunded')) AS sold
        FROM skus s WHERE s.id = ${skuId}`,
  )
  if (row === undefined) return undefined
  return {
    stock: Number(row.stock),
    received: Number(row.received ?? 0),
    unpaid: Number(row.unpaid ?? 0),
    sold: Number(row.sold ?? 0),
  }
}

/** @returns those of the orders that the database has with this SKU */
export async function persistedAmong(
  tx: Queryable,
  skuId: string,
  orderIds: readonly string[],
): Promise<Set<string>> {
  if (orderIds.length === 0) return new Set()
  const rows = await tx.query<{ order_id: string }>(
    sql`SELECT order_id FROM order_items WHERE sku_id = ${skuId} AND order_id IN (${listOf(orderIds)})`,
  )
  return new Set(rows.map(({ order_id }) => order_id))
}
