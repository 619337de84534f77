// GET /api/admin/queues/{name}/discarded: what was thrown away, by whom and why, the newest first.
import { limits } from '../../shared/domain/limits.ts'
import type { DeadLetters } from '../../shared/domain/operations/dead-letters.ts'
import { deadLetters } from '../../shared/domain/operations/index.ts'
import { ByQueue, DiscardedMessage, ListDiscarded } from '../../shared/domain/operations/schemas.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { listOf } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<DeadLetters, 'discarded'>) =>
  route(
    {
      method: 'GET',
      path: '/api/admin/queues/{name}/discarded',
      summary: 'Dead letters that were thrown away, by whom and why, the newest first',
      auth: 'admin',
      limit: limits.admin,
      params: ByQueue,
      query: ListDiscarded,
      replies: { 200: listOf(DiscardedMessage) },
      errors: [NotFound],
    },
    ({ params, query }) => service.discarded(params.name, query),
  )

export const handler = build(deadLetters())
