import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Databases, startDatabase } from '../../local/engines/database.ts'
import { untilReady } from '../../local/lib/wait.ts'
import { ROOT } from '../../local/root.ts'
import { migrate } from '../../local/stack.ts'
import { scratchFolder } from '../support/services.ts'

const COUNT = readdirSync(join(ROOT, 'migrations')).filter((name) => name.endsWith('.sql')).length
const dir = scratchFolder('migrations')
let databases: Databases
let connection: Connection

beforeAll(async () => {
  databases = await startDatabase({ dir })
  connection = await mysql.createConnection(databases.primaryUrl)
})
afterAll(async () => {
  await connection.end()
  await databases.stop()
  rmSync(dir, { recursive: true, force: true })
})

const columnsOf = async (from: Connection) => {
  const [rows] = await from.query<RowDataPacket[]>(
    `SELECT table_name, column_name, column_type, is_nullable FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name <> 'schema_migrations'
     ORDER BY table_name, ordinal_position`,
  )
  return rows
}

it('every migration goes up, down, and up again the same, and the replica follows', async () => {
  await migrate(databases.primaryUrl, 'up')
  const first = await columnsOf(connection)
  expect(first.length).toBeGreaterThan(50)
  for (let i = 0; i < COUNT; i++) await migrate(databases.primaryUrl, 'down')
  expect(await columnsOf(connection)).toEqual([])
  await migrate(databases.primaryUrl, 'up')
  expect(await columnsOf(connection)).toEqual(first)

  const replica = await mysql.createConnection(databases.replicaUrl)
  await untilReady('replication', async () => expect(await columnsOf(replica)).toEqual(first))
  await expect(replica.query("INSERT INTO categories (name) VALUES ('x')")).rejects.toThrow(
    /read-only/,
  )
  await replica.end()
})
