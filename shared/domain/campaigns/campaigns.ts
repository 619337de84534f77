import { ulid } from 'ulid'
import type { Database } from '../../platform/database/database.ts'
import { NotFound } from '../../platform/errors/standard.ts'
import { effect } from '../../platform/idempotency/effect.ts'
import { BULK_COUNT } from '../../platform/mail/ses.ts'
import { type Outbox, type OutboxRow, toSend } from '../../platform/outbox/outbox.ts'
import { ExpandCampaign, SendSlice } from './messages.ts'
import {
  finishCampaign,
  insertCampaign,
  insertRecipients,
  knownAmong,
  lockCampaign,
  readAudience,
  readCampaign,
  saveExpansion,
} from './repository.ts'
import type { CampaignView, NewCampaign } from './schemas.ts'

/** Users that one step of an expansion looks at. */
const STEP = 1000

export type CampaignDeps = { database: Database; outbox: Pick<Outbox, 'add' | 'deliver'> }

/** Messages for the recipients at the positions from `first` to `last`. */
function slices(campaignId: string, first: number, last: number): OutboxRow[] {
  const rows: OutboxRow[] = []
  for (let from = first; from <= last; from += BULK_COUNT) {
    const to = Math.min(from + BULK_COUNT - 1, last)
    rows.push(toSend('email', SendSlice.of({ campaignId, from, to, attempt: 1 })))
  }
  return rows
}

/** Mails to many: made by admins, sent by the email job. */
export function createCampaigns({ database, outbox }: CampaignDeps) {
  return {
    /** Takes a campaign on. Addresses are known at once; all users are found step by step. */
    async create({ audience, ...mail }: NewCampaign, createdBy: string): Promise<{ id: string }> {
      const id = ulid()
      const emails = [...new Set(audience.emails ?? [])]
      const rows =
        audience.all === true
          ? [toSend('email', ExpandCampaign.of({ campaignId: id, after: '0' }))]
          : slices(id, 1, emails.length)
      const made = await effect(database, async (tx) => {
        const state = audience.all === true ? 'expanding' : 'sending'
        await insertCampaign(tx, { id, mail, state, total: emails.length, createdBy })
        await insertRecipients(tx, id, 0, emails)
        await outbox.add(tx, rows)
        return id
      })
      // What an earlier attempt at this request left in the outbox the relay sends.
      if (made === id) await outbox.deliver(rows)
      return { id: made }
    },

    /** @throws NotFound */
    async view(id: string): Promise<CampaignView> {
      const campaign = await readCampaign(database, id)
      if (campaign === undefined) throw new NotFound()
      return campaign
    },

    /**
     * One step of finding all users with an address. The step, its slices and the message for the
     * next step are one transaction; a step that was done before changes nothing.
     */
    async expand({ campaignId, after }: { campaignId: string; after: string }): Promise<void> {
      const rows = await database.transaction(async (tx) => {
        const campaign = await lockCampaign(tx, campaignId)
        if (campaign?.state !== 'expanding' || campaign.expandedTo !== after) return []
        const users = await readAudience(tx, after, STEP)
        const emails = [...new Set(users.flatMap(({ email }) => email ?? []))]
        const known = await knownAmong(tx, campaignId, emails)
        const fresh = emails.filter((email) => !known.has(email))
        await insertRecipients(tx, campaignId, campaign.total, fresh)
        const total = campaign.total + fresh.length
        const expandedTo = users.at(-1)?.id ?? after
        const more = users.length === STEP
        await saveExpansion(tx, campaignId, {
          state: more ? 'expanding' : 'sending',
          total,
          expandedTo,
        })
        const rows = slices(campaignId, campaign.total + 1, total)
        if (more) rows.push(toSend('email', ExpandCampaign.of({ campaignId, after: expandedTo })))
        await outbox.add(tx, rows)
        return rows
      })
      await outbox.deliver(rows)
      // Where the last step found nobody new, all slices may be done already.
      await finishCampaign(database, campaignId)
    },
  }
}

export type Campaigns = ReturnType<typeof createCampaigns>
