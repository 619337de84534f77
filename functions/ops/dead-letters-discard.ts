// POST /api/admin/queues/{name}/dead-letters/discard: throws some or all away, for a reason.
import { limits } from '../../shared/domain/limits.ts'
import type { DeadLetters } from '../../shared/domain/operations/dead-letters.ts'
import { discarding } from '../../shared/domain/operations/index.ts'
import { ByQueue, Discard, Discarded } from '../../shared/domain/operations/schemas.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<DeadLetters, 'discard'>) =>
  route(
    {
      method: 'POST',
      path: '/api/admin/queues/{name}/dead-letters/discard',
      summary: 'Throws dead letters away for good; who, when, why and what is written down',
      auth: 'admin',
      limit: limits.adminMass,
      needsMillis: 3_000,
      params: ByQueue,
      body: Discard,
      replies: { 200: Discarded },
      errors: [NotFound],
    },
    ({ params, body, user }) => service.discard(params.name, body, user.id),
  )

export const handler = build(discarding())
