import type { Queryable } from '../../platform/database/database.ts'
import { sql } from '../../platform/database/sql.ts'

/**
 * Takes an address out of all campaigns: where it waits for its mail it gets none any more. The rows
 * stay, since campaigns count them; why SES refused one goes too, since it may name the address.
 */
export async function eraseRecipient(db: Queryable, email: string): Promise<void> {
  const rows = await db.query<{ campaignId: string; position: number }>(
    sql`SELECT r.campaign_id AS campaignId, r.position
        FROM campaigns c STRAIGHT_JOIN campaign_recipients r ON r.campaign_id = c.id
        WHERE r.email = ${email}`,
  )
  // One by one and by the primary key alone, as lockRange in repository.ts asks for. SET goes from
  // left to right: the state comes last. A mail on its way settles nothing without its claim.
  const waits = sql`state IN ('queued', 'sending')`
  for (const { campaignId, position } of rows) {
    await db.write(
      sql`UPDATE campaign_recipients SET email = ${`erased-${position}`},
            error = IF(${waits}, 'account closed', NULL), claim = IF(${waits}, NULL, claim),
            state = IF(${waits}, 'failed', state)
          WHERE campaign_id = ${campaignId} AND position = ${position}`,
    )
  }
}
