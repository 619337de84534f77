// POST /api/admin/queues/{name}/redrive: moves all dead letters back to their queue.

import * as z from 'zod/mini'
import { limits } from '../../shared/domain/limits.ts'
import { ByQueue } from '../../shared/domain/operations/schemas.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { route } from '../../shared/platform/http/route.ts'
import { redrive } from '../../shared/platform/queue/dead-letters.ts'

export const build = (move: typeof redrive) =>
  route(
    {
      method: 'POST',
      path: '/api/admin/queues/{name}/redrive',
      summary:
        'Moves all dead letters back to their queue, as far as time goes: call again for the rest',
      auth: 'admin',
      limit: limits.adminMass,
      needsMillis: 3_000,
      params: ByQueue,
      replies: { 200: z.object({ moved: z.int() }) },
      errors: [NotFound],
    },
    async ({ params }) => ({ moved: (await move(params.name)).done }),
  )

export const handler = build(redrive)
