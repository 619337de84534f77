import * as z from 'zod/mini'
import { Id, Ulid } from '../../platform/http/fields.ts'
import { messageType } from '../../platform/queue/message.ts'

/** Queue `email`: find the next recipients of a campaign to all users, from after a user on. */
export const ExpandCampaign = messageType(
  'campaign.expand',
  1,
  z.object({ campaignId: Ulid, after: z.union([z.literal('0'), Id]) }),
)

/** Queue `email`: send a campaign to the recipients at these positions. */
export const SendSlice = messageType(
  'campaign.slice',
  1,
  z.object({ campaignId: Ulid, from: z.int(), to: z.int(), attempt: z.int() }),
)
export type SliceData = { campaignId: string; from: number; to: number; attempt: number }

/** Queue `email`, from EventBridge (infra/mail.yml): a mail came back, or its reader complained. */
export const MailBounced = messageType(
  'email.bounced',
  1,
  z.object({ messageId: z.string(), kind: z.enum(['Bounce', 'Complaint']) }),
)
export type BounceData = { messageId: string; kind: 'Bounce' | 'Complaint' }
