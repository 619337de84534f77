import type { Queryable } from '../../platform/database/database.ts'
import { sql } from '../../platform/database/sql.ts'
import type { CartChange } from './schemas.ts'

export type CartRow = { skuId: string; quantity: number; selected: boolean }

/** @returns what is in a user's cart, what was added last first */
export async function readCart(db: Queryable, userId: string): Promise<CartRow[]> {
  const rows = await db.query<{
    sku_id: string
    quantity: number
    selected: number
    added_at: Date
  }>(sql`SELECT sku_id, quantity, selected, added_at FROM cart_items WHERE user_id = ${userId}`)
  return rows
    .toSorted((a, b) => b.added_at.getTime() - a.added_at.getTime())
    .map(({ sku_id, quantity, selected }) => ({
      skuId: sku_id,
      quantity,
      selected: selected === 1,
    }))
}

/** Sets a line of the cart, new or not. */
export async function putCartItem(
  db: Queryable,
  userId: string,
  skuId: string,
  { quantity, selected }: CartChange,
): Promise<void> {
  await db.write(
    sql`INSERT INTO cart_items (user_id, sku_id, quantity, selected, added_at)
        VALUES (${userId}, ${skuId}, ${quantity}, ${selected ?? true}, ${new Date()})
        ON DUPLICATE KEY UPDATE quantity = ${quantity}, selected = COALESCE(${selected ?? null}, selected)`,
    [userId],
  )
}

/** @returns false where it was not in the cart */
export async function deleteCartItem(
  db: Queryable,
  userId: string,
  skuId: string,
): Promise<boolean> {
  const { rowsAffected } = await db.write(
    sql`DELETE FROM cart_items WHERE user_id = ${userId} AND sku_id = ${skuId}`,
    [userId],
  )
  return rowsAffected === 1
}

/** Takes everything out of a user's cart. */
export async function emptyCart(db: Queryable, userId: string): Promise<void> {
  await db.write(sql`DELETE FROM cart_items WHERE user_id = ${userId}`)
}
