import type { Role } from '../../platform/auth/identity.ts'
import type { Queryable } from '../../platform/database/database.ts'
import { join, listOf, sql } from '../../platform/database/sql.ts'
import type { Language } from './language.ts'
import type { UserChange, UserView } from './schemas.ts'

type UserRow = {
  id: string
  nickname: string
  avatar_url: string | null
  email: string | null
  phone: string | null
  role: Role
}

const COLUMNS = sql`id, nickname, avatar_url, email, phone, role`

function toView({ avatar_url, email, phone, ...row }: UserRow): UserView {
  return {
    ...row,
    ...(avatar_url === null ? {} : { avatarUrl: avatar_url }),
    ...(email === null ? {} : { email }),
    ...(phone === null ? {} : { phone }),
  }
}

/** @returns the users that exist, by id */
export async function readUsers(
  db: Queryable,
  ids: readonly string[],
): Promise<Map<string, UserView>> {
  const rows = await db.query<UserRow>(
    sql`SELECT ${COLUMNS} FROM users WHERE id IN (${listOf(ids)})`,
  )
  return new Map(rows.map((row) => [row.id, toView(row)]))
}

/** @returns what WeChat calls a user, or undefined where there is no such user */
export async function readOpenid(db: Queryable, id: string): Promise<string | undefined> {
  const rows = await db.query<{ openid: string }>(sql`SELECT openid FROM users WHERE id = ${id}`)
  return rows[0]?.openid
}

/**
 * @param role what the user has from now on
 * @param language likewise; left out, it stays what it is
 * @returns the user of an openid, made where there is none
 */
export async function signInUser(
  db: Queryable,
  openid: string,
  role: Role,
  language: Language | undefined,
): Promise<UserView> {
  const now = new Date()
  const find = () =>
    db.query<UserRow & { language: Language | null }>(
      sql`SELECT ${COLUMNS}, language FROM users WHERE openid = ${openid}`,
    )
  let [row] = await find()
  if (row === undefined) {
    // Two first logins at once: the second finds the row of the first.
    await db.write(
      sql`INSERT INTO users (openid, role, language, created_at, updated_at)
          VALUES (${openid}, ${role}, ${language ?? null}, ${now}, ${now})
          ON DUPLICATE KEY UPDATE openid = openid`,
    )
    ;[row] = await find()
    if (row === undefined) throw new Error('the user that was just made is not there')
  }
  const { language: before, ...user } = row
  const spoken = language ?? before
  if (user.role !== role || before !== spoken) {
    await db.write(
      sql`UPDATE users SET role = ${role}, language = ${spoken}, updated_at = ${now}
          WHERE id = ${user.id}`,
    )
  }
  return toView({ ...user, role })
}

async function writeRole(db: Queryable, id: string, role: Role): Promise<void> {
  await db.write(sql`UPDATE users SET role = ${role}, updated_at = ${new Date()} WHERE id = ${id}`)
}

/** @returns the user with its role from now on, or undefined where there is no such user */
export async function setRole(
  db: Queryable,
  id: string,
  role: Role,
): Promise<UserView | undefined> {
  const user = (await readUsers(db, [id])).get(id)
  if (user === undefined) return undefined
  if (user.role !== role) await writeRole(db, id, role)
  return { ...user, role }
}

/** Writes the fields that are named. */
export async function changeUser(db: Queryable, id: string, change: UserChange): Promise<void> {
  const columns = [sql`updated_at = ${new Date()}`]
  if (change.nickname !== undefined) columns.push(sql`nickname = ${change.nickname}`)
  if (change.avatarUrl !== undefined) columns.push(sql`avatar_url = ${change.avatarUrl}`)
  if (change.email !== undefined) columns.push(sql`email = ${change.email}`)
  await db.write(sql`UPDATE users SET ${join(columns)} WHERE id = ${id}`)
}

/** @returns false where there is no such user */
export async function savePhone(db: Queryable, id: string, phone: string): Promise<boolean> {
  const { rowsAffected } = await db.write(
    sql`UPDATE users SET phone = ${phone}, updated_at = ${new Date()} WHERE id = ${id}`,
  )
  return rowsAffected === 1
}

/** Takes the nickname away where it is still this one. */
export async function clearNickname(db: Queryable, id: string, nickname: string): Promise<void> {
  await db.write(
    sql`UPDATE users SET nickname = '', updated_at = ${new Date()}
        WHERE id = ${id} AND nickname = ${nickname}`,
  )
}

export type Recipient = { email: string; nickname: string; language: Language | null }

/** @returns whom to write to, or undefined where there is no such user or no address */
export async function readRecipient(db: Queryable, id: string): Promise<Recipient | undefined> {
  const rows = await db.query<Recipient>(
    sql`SELECT email, nickname, language FROM users WHERE id = ${id} AND email IS NOT NULL`,
  )
  return rows[0]
}
