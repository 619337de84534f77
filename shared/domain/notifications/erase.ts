import type { Queryable } from '../../platform/database/database.ts'
import { sql } from '../../platform/database/sql.ts'
import { finishedOf } from '../orders/erase.ts'

/** Erases why the buyer was not told of finished orders: SES may name the address. */
export async function eraseNotifications(db: Queryable, userId: string): Promise<void> {
  await db.write(
    sql`UPDATE order_notices n JOIN orders o ON o.id = n.order_id SET n.detail = NULL
        WHERE ${finishedOf(userId)} AND n.detail IS NOT NULL`,
  )
}
