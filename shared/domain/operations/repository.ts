import type { Queryable } from '../../platform/database/database.ts'
import { rowsOf, sql } from '../../platform/database/sql.ts'
import type { DiscardedMessage } from './schemas.ts'

export type Discarding = { letterId: string; body: unknown }

/** Writes down what is about to be thrown away. A letter that was written down before stays as it was. */
export async function recordDiscarded(
  db: Queryable,
  queue: string,
  letters: readonly Discarding[],
  { actorId, reason }: { actorId: string; reason: string },
): Promise<void> {
  const now = new Date()
  const rows = letters.map(({ letterId, body }) => [
    queue,
    letterId,
    JSON.stringify(body),
    reason,
    actorId,
    now,
  ])
  await db.write(
    sql`INSERT IGNORE INTO discarded_messages (queue, letter_id, body, reason, actor_id, created_at)
        VALUES ${rowsOf(rows)}`,
  )
}

type Row = {
  id: string
  letter_id: string
  body: string
  reason: string
  actor_id: string
  created_at: Date
}

/** @returns what was thrown away of a queue, the newest first */
export async function readDiscarded(
  db: Queryable,
  queue: string,
  cursor: string | undefined,
  limit: number,
): Promise<DiscardedMessage[]> {
  const older = cursor === undefined ? sql`` : sql`AND id < ${cursor}`
  const rows = await db.query<Row>(
    sql`SELECT id, letter_id, body, reason, actor_id, created_at FROM discarded_messages
        WHERE queue = ${queue} ${older} ORDER BY id DESC LIMIT ${limit}`,
  )
  return rows.map((row) => ({
    id: row.id,
    letterId: row.letter_id,
    body: JSON.parse(row.body),
    reason: row.reason,
    actorId: row.actor_id,
    discardedAt: row.created_at.toISOString(),
  }))
}
