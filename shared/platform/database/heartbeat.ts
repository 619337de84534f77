import type { Queryable } from './database.ts'
import { sql } from './sql.ts'

/** Writes a heartbeat to the primary; one that comes late does not replace a newer one. */
export async function writeHeartbeat(db: Queryable, position: number): Promise<void> {
  await db.write(
    sql`INSERT INTO replication_heartbeat (id, position) VALUES (1, ${position})
        ON DUPLICATE KEY UPDATE position = GREATEST(position, ${position})`,
  )
}

/** @returns the newest heartbeat that this database has, or 0 where it has none */
export async function readHeartbeat(db: Queryable): Promise<number> {
  const [row] = await db.query<{ position: string }>(
    sql`SELECT position FROM replication_heartbeat WHERE id = 1`,
  )
  return Number(row?.position ?? 0)
}
