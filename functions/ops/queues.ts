// GET /api/admin/queues: how full each queue is.
import * as z from 'zod/mini'
import { limits } from '../../shared/domain/limits.ts'
import { route } from '../../shared/platform/http/route.ts'
import { QueueStatus, queueStatuses } from '../../shared/platform/queue/admin.ts'

export const build = (read: typeof queueStatuses) =>
  route(
    {
      method: 'GET',
      path: '/api/admin/queues',
      summary: 'How full each queue is; SQS counts approximately',
      auth: 'admin',
      limit: limits.admin,
      replies: { 200: z.array(QueueStatus) },
    },
    () => read(),
  )

export const handler = build(queueStatuses)
