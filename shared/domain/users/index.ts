import { createCache } from '../../platform/cache/cache.ts'
import { settings } from '../../platform/config/index.ts'
import { once } from '../../platform/config/once.ts'
import { database } from '../../platform/database/database.ts'
import { redis } from '../../platform/redis/client.ts'
import { readUsers } from './repository.ts'
import { createUsers } from './users.ts'

const TTL_SECONDS = 300

export const users = once(() =>
  createUsers({
    database: database(),
    cache: createCache({
      redis: redis(),
      prefix: 'user',
      ttlSeconds: TTL_SECONDS,
      load: (ids) => readUsers(database(), ids),
    }),
    adminOpenids: settings().ADMIN_OPENIDS,
  }),
)
