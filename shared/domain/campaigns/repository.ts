import type { Queryable } from '../../platform/database/database.ts'
import { join, listOf, rowsOf, sql } from '../../platform/database/sql.ts'
import type { Mail } from '../../platform/mail/ses.ts'
import type { CampaignView } from './schemas.ts'

type State = CampaignView['state']
export type CampaignRow = { state: State; total: number; expandedTo: string }
export type Recipient = { position: number; email: string }
export type LockedRecipient = Recipient & { state: string; claimedAt: Date | null }

const INSERT_COUNT = 1000

export async function insertCampaign(
  tx: Queryable,
  campaign: { id: string; mail: Mail; state: State; total: number; createdBy: string },
): Promise<void> {
  const { id, mail, state, total, createdBy } = campaign
  const now = new Date()
  await tx.write(
    sql`INSERT INTO campaigns (id, subject, html, text, state, total, created_by, created_at, updated_at)
        VALUES (${id}, ${mail.subject}, ${mail.html}, ${mail.text ?? null}, ${state}, ${total},
          ${createdBy}, ${now}, ${now})`,
  )
}

/** Adds recipients at the positions after `last`. */
export async function insertRecipients(
  tx: Queryable,
  campaignId: string,
  last: number,
  emails: readonly string[],
): Promise<void> {
  for (let start = 0; start < emails.length; start += INSERT_COUNT) {
    const rows = emails
      .slice(start, start + INSERT_COUNT)
      .map((email, index) => [campaignId, last + start + index + 1, email, 'queued'])
    await tx.write(
      sql`INSERT INTO campaign_recipients (campaign_id, position, email, state) VALUES ${rowsOf(rows)}`,
    )
  }
}

/** Locks the campaign, so that its recipients are given out by one at a time. */
export async function lockCampaign(tx: Queryable, id: string): Promise<CampaignRow | undefined> {
  const [row] = await tx.query<{ state: State; total: number; expanded_to: string }>(
    sql`SELECT state, total, expanded_to FROM campaigns WHERE id = ${id} FOR UPDATE`,
  )
  return row && { state: row.state, total: row.total, expandedTo: row.expanded_to }
}

export async function saveExpansion(tx: Queryable, id: string, to: CampaignRow): Promise<void> {
  await tx.write(
    sql`UPDATE campaigns SET state = ${to.state}, total = ${to.total}, expanded_to = ${to.expandedTo},
          updated_at = ${new Date()} WHERE id = ${id}`,
  )
}

/** @returns users with an address, by id, from after one on */
export async function readAudience(db: Queryable, after: string, limit: number) {
  return db.query<{ id: string; email: string | null }>(
    sql`SELECT id, LOWER(email) AS email FROM users WHERE id > ${after} ORDER BY id LIMIT ${limit}`,
  )
}

/** @returns those of the addresses that the campaign has already */
export async function knownAmong(
  db: Queryable,
  campaignId: string,
  emails: readonly string[],
): Promise<Set<string>> {
  if (emails.length === 0) return new Set()
  const rows = await db.query<{ email: string }>(
    sql`SELECT email FROM campaign_recipients
        WHERE campaign_id = ${campaignId} AND email IN (${listOf(emails)})`,
  )
  return new Set(rows.map(({ email }) => email))
}

export async function readMail(db: Queryable, id: string): Promise<Mail | undefined> {
  const [row] = await db.query<{ subject: string; html: string; text: string | null }>(
    sql`SELECT subject, html, text FROM campaigns WHERE id = ${id}`,
  )
  return (
    row && {
      subject: row.subject,
      html: row.html,
      ...(row.text === null ? {} : { text: row.text }),
    }
  )
}

export type Range = { campaignId: string; from: number; to: number }
const within = ({ campaignId, from, to }: Range) =>
  sql`campaign_id = ${campaignId} AND position BETWEEN ${from} AND ${to}`

const at = (campaignId: string, positions: readonly number[]) =>
  sql`campaign_id = ${campaignId} AND position IN (${listOf(positions)})`

/** @returns how many recipients of a range wait to be sent to */
export async function countQueued(db: Queryable, range: Range): Promise<number> {
  const [row] = await db.query<{ count: string }>(
    sql`SELECT COUNT(*) AS count FROM campaign_recipients WHERE ${within(range)} AND state = 'queued'`,
  )
  return Number(row?.count)
}

/**
 * Locks a range, so that its recipients are claimed by one delivery at a time. Rows are locked by the
 * primary key, in order, and changed by position alone: a condition on the state in an UPDATE would
 * go through its index and deadlock with the deliveries that change it.
 */
export async function lockRange(tx: Queryable, range: Range): Promise<LockedRecipient[]> {
  return tx.query<LockedRecipient>(
    sql`SELECT position, email, state, claimed_at AS claimedAt FROM campaign_recipients
        WHERE ${within(range)} ORDER BY position FOR UPDATE`,
  )
}

/** @param claim names the delivery, so that only its own recipients are settled by it */
export async function claimRecipients(
  tx: Queryable,
  campaignId: string,
  positions: readonly number[],
  claim: string,
): Promise<void> {
  if (positions.length === 0) return
  await tx.write(
    sql`UPDATE campaign_recipients SET state = 'sending', claim = ${claim}, claimed_at = ${new Date()}
        WHERE ${at(campaignId, positions)}`,
  )
}

/** Gives up recipients whose delivery died: whether SES had them nobody can tell. */
export async function abandonRecipients(
  tx: Queryable,
  campaignId: string,
  positions: readonly number[],
): Promise<void> {
  if (positions.length === 0) return
  await tx.write(
    sql`UPDATE campaign_recipients SET state = 'failed', error = 'outcome unknown'
        WHERE ${at(campaignId, positions)}`,
  )
}

export type Result = {
  position: number
  state: 'sent' | 'failed' | 'queued'
  messageId?: string
  error?: string
}

/** Writes down what became of one delivery's recipients, in one statement. */
export async function saveResults(
  db: Queryable,
  campaignId: string,
  claim: string,
  results: readonly Result[],
): Promise<void> {
  if (results.length === 0) return
  const positions = results.map(({ position }) => position)
  const choose = (value: (result: Result) => string | null) =>
    join(
      results.map((result) => sql`WHEN ${result.position} THEN ${value(result)}`),
      ' ',
      'CASE position ',
      ' END',
    )
  await db.write(
    sql`UPDATE campaign_recipients SET
          message_id = ${choose(({ messageId }) => messageId ?? null)},
          error = ${choose(({ error }) => error ?? null)},
          state = ${choose(({ state }) => state)}
        WHERE ${at(campaignId, positions)} AND claim = ${claim}`,
  )
}

/**
 * Ends a campaign of whose recipients none is waiting. Safe to call at any time: nobody is added to
 * a campaign that is `sending`, and whoever settles the last recipient calls this afterwards.
 */
export async function finishCampaign(db: Queryable, id: string): Promise<void> {
  // Follows each slice, so: no locks, and the first row of the index; by itself the optimizer may
  // read the primary key past all that were sent.
  const waiting = (state: string) =>
    sql`EXISTS (SELECT 1 FROM campaign_recipients FORCE INDEX (campaign_recipients_state)
                WHERE campaign_id = ${id} AND state = ${state})`
  const [row] = await db.query<{ state: State; waiting: number }>(
    sql`SELECT state, ${waiting('queued')} OR ${waiting('sending')} AS waiting
        FROM campaigns WHERE id = ${id}`,
  )
  if (row?.state !== 'sending' || Number(row.waiting) !== 0) return
  await db.write(
    sql`UPDATE campaigns SET state = 'done', updated_at = ${new Date()}
        WHERE id = ${id} AND state = 'sending'`,
  )
}

export async function readCampaign(db: Queryable, id: string): Promise<CampaignView | undefined> {
  const [row] = await db.query<{ state: State; total: number }>(
    sql`SELECT state, total FROM campaigns WHERE id = ${id}`,
  )
  if (row === undefined) return undefined
  const counts = await db.query<{ state: string; count: string }>(
    sql`SELECT state, COUNT(*) AS count FROM campaign_recipients WHERE campaign_id = ${id} GROUP BY state`,
  )
  const of = (state: string) => Number(counts.find((group) => group.state === state)?.count ?? 0)
  return { id, state: row.state, total: row.total, sent: of('sent'), failed: of('failed') }
}

/** @returns whether the mail is one of a campaign's; a bounce that comes again changes nothing */
export async function saveBounce(db: Queryable, messageId: string, kind: string): Promise<boolean> {
  await db.write(
    sql`UPDATE campaign_recipients SET state = 'failed', error = ${kind}
        WHERE message_id = ${messageId} AND state = 'sent'`,
  )
  const rows = await db.query(
    sql`SELECT position FROM campaign_recipients WHERE message_id = ${messageId} LIMIT 1`,
  )
  return rows.length > 0
}
