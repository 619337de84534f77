import type { Queryable } from '../../platform/database/database.ts'
import { sql } from '../../platform/database/sql.ts'
import { finishedOf } from '../orders/erase.ts'

/** Erases the buyer's words from the refunds of finished orders; the amounts are books. */
export async function eraseRefunds(db: Queryable, userId: string): Promise<void> {
  await db.write(
    sql`UPDATE refunds r JOIN orders o ON o.id = r.order_id SET r.reason = NULL
        WHERE ${finishedOf(userId)} AND r.reason IS NOT NULL`,
  )
}
