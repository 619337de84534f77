// GET /api/admin/queues/{name}/dead-letters/{id}: one whole, but for what says who somebody is.
import { limits } from '../../shared/domain/limits.ts'
import type { DeadLetters } from '../../shared/domain/operations/dead-letters.ts'
import { deadLetters } from '../../shared/domain/operations/index.ts'
import { ByLetter, DeadLetterDetail } from '../../shared/domain/operations/schemas.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { route } from '../../shared/platform/http/route.ts'

export const build = (service: Pick<DeadLetters, 'view'>) =>
  route(
    {
      method: 'GET',
      path: '/api/admin/queues/{name}/dead-letters/{id}',
      summary: 'One dead letter whole, but for what says something about a person',
      auth: 'admin',
      limit: limits.admin,
      needsMillis: 3_000,
      params: ByLetter,
      replies: { 200: DeadLetterDetail },
      errors: [NotFound],
    },
    ({ params }) => service.view(params.name, params.id),
  )

export const handler = build(deadLetters())
