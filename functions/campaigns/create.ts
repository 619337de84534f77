// POST /api/admin/campaigns: takes on a mail to many; the email job sends it.
import type { Campaigns } from '../../shared/domain/campaigns/campaigns.ts'
import { campaigns } from '../../shared/domain/campaigns/index.ts'
import { CampaignCreated, NewCampaign } from '../../shared/domain/campaigns/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { accepted } from '../../shared/platform/http/definition.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Campaigns, 'create'>) =>
  route(
    {
      method: 'POST',
      path: '/api/admin/campaigns',
      summary: 'Sends a mail to the named addresses, or to all users with an address',
      auth: 'admin',
      limit: limits.adminMass,
      body: NewCampaign,
      replies: { 202: CampaignCreated },
    },
    async ({ body, user }) => accepted(await service.create(body, user.id)),
  )

export const handler = build(campaigns())
