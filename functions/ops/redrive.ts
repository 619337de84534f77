// POST /api/admin/queues/{name}/redrive: moves dead letters back to their queue.
import * as z from 'zod/mini'
import { limits } from '../../shared/domain/limits.ts'
import { NotFound } from '../../shared/platform/errors/standard.ts'
import { text } from '../../shared/platform/http/fields.ts'
import { route } from '../../shared/platform/http/route.ts'
import { redrive } from '../../shared/platform/queue/admin.ts'

export const build = (move: typeof redrive) =>
  route(
    {
      method: 'POST',
      path: '/api/admin/queues/{name}/redrive',
      summary: 'Moves dead letters back to their queue',
      auth: 'admin',
      limit: limits.adminMass,
      params: z.strictObject({ name: text(1, 64) }),
      replies: { 200: z.object({ moved: z.int() }) },
      errors: [NotFound],
    },
    async ({ params }) => ({ moved: await move(params.name) }),
  )

export const handler = build(redrive)
