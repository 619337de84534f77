// POST /api/admin/payments/incidents/{id}/close: notes that a person has looked at it, and what came of it.
import { limits } from '../../shared/domain/limits.ts'
import type { Incidents } from '../../shared/domain/payments/incidents.ts'
import { incidents } from '../../shared/domain/payments/index.ts'
import { CloseIncident, IncidentView } from '../../shared/domain/payments/schemas.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { ById } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<Incidents, 'close'>) =>
  route(
    {
      method: 'POST',
      path: '/api/admin/payments/incidents/{id}/close',
      summary: 'Notes that a person has looked at an incident; one that is closed stays as it is',
      auth: 'admin',
      limit: limits.admin,
      params: ById,
      body: CloseIncident,
      replies: { 200: IncidentView },
      errors: [NotFound],
    },
    ({ params, body, user }) => service.close(params.id, body.note, user.id),
  )

export const handler = build(incidents())
