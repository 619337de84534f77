// GET /api/admin/queues/{name}/dead-letters: what was set aside, and why, the oldest first.
import { limits } from '../../shared/domain/limits.ts'
import type { DeadLetters } from '../../shared/domain/operations/dead-letters.ts'
import { deadLetters } from '../../shared/domain/operations/index.ts'
import { ByQueue, DeadLetterPage, ListDeadLetters } from '../../shared/domain/operations/schemas.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<DeadLetters, 'list'>) =>
  route(
    {
      method: 'GET',
      path: '/api/admin/queues/{name}/dead-letters',
      summary: 'Messages that were set aside, and why, the oldest first',
      auth: 'admin',
      limit: limits.admin,
      needsMillis: 3_000,
      params: ByQueue,
      query: ListDeadLetters,
      replies: { 200: DeadLetterPage },
      errors: [NotFound],
    },
    ({ params, query }) => service.list(params.name, query),
  )

export const handler = build(deadLetters())
