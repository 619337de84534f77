// Queue `email`: order mails, campaigns and their slices, and mails that came back.
import type { Campaigns } from '../../shared/domain/campaigns/campaigns.ts'
import { campaigns, slices } from '../../shared/domain/campaigns/index.ts'
import { ExpandCampaign, MailBounced, SendSlice } from '../../shared/domain/campaigns/messages.ts'
import type { Slices } from '../../shared/domain/campaigns/slice.ts'
import { mails } from '../../shared/domain/mails/index.ts'
import type { Mails } from '../../shared/domain/mails/mails.ts'
import { OrderMoved } from '../../shared/domain/orders/messages.ts'
import { messageJob, on } from '../../shared/platform/jobs/job.ts'

export const build = (
  all: Pick<Campaigns, 'expand'>,
  parts: Pick<Slices, 'send' | 'bounced'>,
  orders: Pick<Mails, 'send'>,
) =>
  messageJob('email', [
    on(OrderMoved, (message) => orders.send(message)),
    on(ExpandCampaign, ({ data }) => all.expand(data)),
    on(SendSlice, ({ data }) => parts.send(data)),
    on(MailBounced, ({ data, occurredAt }) => parts.bounced(data, occurredAt)),
  ])

export const handler = build(campaigns(), slices(), mails())
