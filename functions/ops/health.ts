// GET /api/health: whether this copy of the shop is ready, and should get traffic.
import { database, replica } from '../../shared/platform/database/database.ts'
import { Health, keptFor, readHealth } from '../../shared/platform/health/health.ts'
import { Reply } from '../../shared/platform/http/definition.ts'
import { route } from '../../shared/platform/http/route.ts'
import { redis } from '../../shared/platform/redis/client.ts'

export const build = (read: () => Promise<Health>) =>
  route(
    {
      method: 'GET',
      path: '/api/health',
      summary: 'Whether the parts that requests need answer; 503 where it should get no traffic',
      auth: 'public',
      replies: { 200: Health, 503: Health },
    },
    async () => {
      const health = await read()
      return health.status === 'down'
        ? new Reply(503, health, { 'retry-after': '1' })
        : new Reply(200, health)
    },
  )

export const handler = build(
  keptFor(() => readHealth({ database: database(), replica: replica(), redis: redis() })),
)
