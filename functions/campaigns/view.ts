// GET /api/admin/campaigns/{id}: how far a campaign is.
import type { Campaigns } from '../../shared/domain/campaigns/campaigns.ts'
import { campaigns } from '../../shared/domain/campaigns/index.ts'
import { CampaignView } from '../../shared/domain/campaigns/schemas.ts'
import { limits } from '../../shared/domain/limits.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { ByUlid } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Campaigns, 'view'>) =>
  route(
    {
      method: 'GET',
      path: '/api/admin/campaigns/{id}',
      summary: 'How far a campaign is',
      auth: 'admin',
      limit: limits.admin,
      params: ByUlid,
      replies: { 200: CampaignView },
      errors: [NotFound],
    },
    ({ params }) => service.view(params.id),
  )

export const handler = build(campaigns())
