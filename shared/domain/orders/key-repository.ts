import { createHash } from 'node:crypto'
import type { Queryable } from '../../platform/database/database.ts'
import { join, listOf, rowsOf, sql } from '../../platform/database/sql.ts'
import { fen } from '../../platform/database/values.ts'

/** Whose key: hashed, since clients make them of what they like. */
export type KeyOf = { userId: string; hash: string }

/** What a key was used for last. */
export type Keyed = KeyOf & {
  orderId: string
  body: string
  totalFen: number
  createdAt: Date
  expiresAt: Date
}

/** An id under which an order was acknowledged too. */
export type Alias = { alias: string; orderId: string }

/** @returns a client's Idempotency-Key as the database knows it */
export const hashOfKey = (key: string) => createHash('sha256').update(key).digest('base64url')

type KeyedRow = {
  id: string
  user_id: string
  key_hash: string
  body_hash: string
  total_fen: string
  created_at: Date
  expires_at: Date
}

/** @returns the orders that were placed with these keys */
export async function readKeyed(db: Queryable, keys: readonly KeyOf[]): Promise<Keyed[]> {
  if (keys.length === 0) return []
  const any = keys.map(({ userId, hash }) => sql`(user_id = ${userId} AND key_hash = ${hash})`)
  const rows = await db.query<KeyedRow>(
    sql`SELECT id, user_id, key_hash, body_hash, total_fen, created_at, expires_at
        FROM orders FORCE INDEX (orders_key) WHERE ${join(any, ' OR ')}`,
  )
  return rows.map((row) => ({
    userId: row.user_id,
    hash: row.key_hash,
    orderId: row.id,
    body: row.body_hash,
    totalFen: fen(row.total_fen),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }))
}

/** Takes the keys from orders: others have them now. */
export async function retireKeys(tx: Queryable, orderIds: readonly string[]): Promise<void> {
  if (orderIds.length === 0) return
  await tx.write(
    sql`UPDATE orders FORCE INDEX (PRIMARY) SET key_hash = NULL WHERE id IN (${listOf(orderIds)})`,
  )
}

/** @returns those of the ids that are other names of orders */
export async function readAliases(db: Queryable, ids: readonly string[]): Promise<Alias[]> {
  if (ids.length === 0) return []
  return db.query<Alias>(
    sql`SELECT id AS alias, order_id AS orderId FROM order_aliases WHERE id IN (${listOf(ids)})`,
  )
}

export async function insertAliases(tx: Queryable, aliases: readonly Alias[]): Promise<void> {
  if (aliases.length === 0) return
  const rows = aliases.map(({ alias, orderId }) => [alias, orderId, new Date()])
  await tx.write(sql`INSERT INTO order_aliases (id, order_id, created_at) VALUES ${rowsOf(rows)}`)
}
