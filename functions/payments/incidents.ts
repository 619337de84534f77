// GET /api/admin/payments/incidents: what a person has to look at, the newest first.
import { limits } from '../../shared/domain/limits.ts'
import type { Incidents } from '../../shared/domain/payments/incidents.ts'
import { incidents } from '../../shared/domain/payments/index.ts'
import { IncidentView, ListIncidents } from '../../shared/domain/payments/schemas.ts'
import { listOf } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Incidents, 'list'>) =>
  route(
    {
      method: 'GET',
      path: '/api/admin/payments/incidents',
      summary: 'What a person has to look at: late money, amounts that differ, bills that disagree',
      auth: 'admin',
      limit: limits.admin,
      query: ListIncidents,
      replies: { 200: listOf(IncidentView) },
    },
    ({ query }) => service.list(query),
  )

export const handler = build(incidents())
