import * as z from 'zod/mini'
import { Email, text, Ulid } from '../../platform/http/fields.ts'

/** SES takes 262,144 characters of template data; the rest is for subject, text and JSON's escapes. */
const MAX_BODY = 100_000

export const NewCampaign = z.strictObject({
  subject: text(1, 200),
  html: z.string().check(z.minLength(1), z.maxLength(MAX_BODY)),
  text: z.optional(z.string().check(z.minLength(1), z.maxLength(MAX_BODY))),
  audience: z
    .strictObject({
      emails: z.optional(z.array(Email).check(z.minLength(1), z.maxLength(10_000))),
      all: z.optional(z.literal(true)),
    })
    .check(
      z.refine(
        ({ emails, all }) => (emails === undefined) !== (all === undefined),
        'name either emails or all',
      ),
    ),
})
export type NewCampaign = z.output<typeof NewCampaign>

/** `expanding`: finding its recipients; `sending`; `done`: nobody is left to send to. */
export const CAMPAIGN_STATES = ['expanding', 'sending', 'done'] as const

export const CampaignCreated = z.object({ id: Ulid })

export const CampaignView = z.object({
  id: Ulid,
  state: z.enum(CAMPAIGN_STATES),
  total: z.int(),
  sent: z.int(),
  failed: z.int(),
})
export type CampaignView = z.output<typeof CampaignView>
