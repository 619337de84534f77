// GET /api/health/alive: whether this copy of the shop answers at all, whatever it could do.
import * as z from 'zod/mini'
import { route } from '../../shared/platform/http/route.ts'

export const build = () =>
  route(
    {
      method: 'GET',
      path: '/api/health/alive',
      summary: 'Whether functions run here; asks nothing, so it says nothing of what they need',
      auth: 'public',
      replies: { 200: z.object({ status: z.literal('alive') }) },
    },
    () => ({ status: 'alive' as const }),
  )

export const handler = build()
