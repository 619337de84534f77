import type { Queryable } from '../../platform/database/database.ts'
import { sql } from '../../platform/database/sql.ts'
import { SessionEnded } from '../../platform/errors/standard.ts'
import type { AddressInput, AddressView } from './schemas.ts'

type Row = Omit<AddressView, 'isDefault'> & { is_default: number }
const COLUMNS = sql`id, name, phone, province, city, district, detail, is_default`
const toView = ({ is_default, ...row }: Row): AddressView => ({
  ...row,
  isDefault: is_default === 1,
})

/** @returns a user's addresses, the default first, then the newest */
export async function readAddresses(db: Queryable, userId: string): Promise<AddressView[]> {
  const rows = await db.query<Row>(
    sql`SELECT ${COLUMNS} FROM addresses WHERE user_id = ${userId} ORDER BY is_default DESC, id DESC`,
  )
  return rows.map(toView)
}

/** @returns undefined also where it is somebody else's */
export async function readAddress(
  db: Queryable,
  userId: string,
  id: string,
): Promise<AddressView | undefined> {
  const [row] = await db.query<Row>(
    sql`SELECT ${COLUMNS} FROM addresses WHERE id = ${id} AND user_id = ${userId}`,
  )
  return row && toView(row)
}

/**
 * Locks the user's row, so that changes to one user's addresses come one after the other and there is
 * never more than one default.
 * @returns how many addresses there are
 * @throws SessionEnded where the account is gone
 */
export async function lockAddresses(tx: Queryable, userId: string): Promise<number> {
  const users = await tx.query(sql`SELECT id FROM users WHERE id = ${userId} FOR UPDATE`)
  if (users.length === 0) throw new SessionEnded()
  const [row] = await tx.query<{ count: string }>(
    sql`SELECT COUNT(*) AS count FROM addresses WHERE user_id = ${userId}`,
  )
  return Number(row?.count ?? 0)
}

export async function insertAddress(
  tx: Queryable,
  userId: string,
  address: AddressInput,
): Promise<string> {
  const now = new Date()
  const { name, phone, province, city, district, detail, isDefault = false } = address
  const { insertId } = await tx.write(
    sql`INSERT INTO addresses (user_id, name, phone, province, city, district, detail, is_default,
          created_at, updated_at)
        VALUES (${userId}, ${name}, ${phone}, ${province}, ${city}, ${district}, ${detail},
          ${isDefault}, ${now}, ${now})`,
    [userId],
  )
  return insertId
}

/** @returns false where there is no such address of this user */
export async function updateAddress(
  tx: Queryable,
  userId: string,
  id: string,
  address: AddressInput & { isDefault: boolean },
): Promise<boolean> {
  const { name, phone, province, city, district, detail, isDefault } = address
  const { rowsAffected } = await tx.write(
    sql`UPDATE addresses SET name = ${name}, phone = ${phone}, province = ${province}, city = ${city},
          district = ${district}, detail = ${detail}, is_default = ${isDefault}, updated_at = ${new Date()}
        WHERE id = ${id} AND user_id = ${userId}`,
    [userId],
  )
  return rowsAffected === 1
}

/** Takes the mark from every address of a user but one. */
export async function clearDefault(tx: Queryable, userId: string, exceptId: string): Promise<void> {
  await tx.write(
    sql`UPDATE addresses SET is_default = 0
        WHERE user_id = ${userId} AND is_default = 1 AND id <> ${exceptId}`,
  )
}

export async function markDefault(tx: Queryable, userId: string, id: string): Promise<void> {
  await tx.write(sql`UPDATE addresses SET is_default = 1 WHERE id = ${id} AND user_id = ${userId}`)
}

/** @returns false where there is no such address of this user */
export async function deleteAddress(tx: Queryable, userId: string, id: string): Promise<boolean> {
  const { rowsAffected } = await tx.write(
    sql`DELETE FROM addresses WHERE id = ${id} AND user_id = ${userId}`,
    [userId],
  )
  return rowsAffected === 1
}

/** Deletes all of a user's addresses. */
export async function deleteAddresses(db: Queryable, userId: string): Promise<void> {
  await db.write(sql`DELETE FROM addresses WHERE user_id = ${userId}`)
}
