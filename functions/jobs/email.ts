// Queue `email`: expands campaigns, sends their slices, and notes mails that came back.
import type { Campaigns } from '../../shared/domain/campaigns/campaigns.ts'
import { campaigns, slices } from '../../shared/domain/campaigns/index.ts'
import { ExpandCampaign, MailBounced, SendSlice } from '../../shared/domain/campaigns/messages.ts'
import type { Slices } from '../../shared/domain/campaigns/slice.ts'
import { messageJob, on } from '../../shared/platform/jobs/job.ts'

export const build = (all: Pick<Campaigns, 'expand'>, parts: Pick<Slices, 'send' | 'bounced'>) =>
  messageJob('email', [
    on(ExpandCampaign, ({ data }) => all.expand(data)),
    on(SendSlice, ({ data }) => parts.send(data)),
    on(MailBounced, ({ data, occurredAt }) => parts.bounced(data, occurredAt)),
  ])

export const handler = build(campaigns(), slices())
