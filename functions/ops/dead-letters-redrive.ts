// POST /api/admin/queues/{name}/dead-letters/redrive: moves some or all back to their queue, at a rate.
import { limits } from '../../shared/domain/limits.ts'
import { ByQueue, Redrive, Redriven } from '../../shared/domain/operations/schemas.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { route } from '../../shared/platform/http/route.ts'
import { redrive } from '../../shared/platform/queue/dead-letters.ts'

export const build = (move: typeof redrive) =>
  route(
    {
      method: 'POST',
      path: '/api/admin/queues/{name}/dead-letters/redrive',
      summary:
        'Moves some or all dead letters back at a rate, as far as time goes; says how many are left',
      auth: 'admin',
      limit: limits.adminMass,
      needsMillis: 3_000,
      params: ByQueue,
      body: Redrive,
      replies: { 200: Redriven },
      errors: [NotFound],
    },
    async ({ params, body }) => {
      const { done, left } = await move(params.name, body)
      return { moved: done, left }
    },
  )

export const handler = build(redrive)
