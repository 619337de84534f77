import { createCache } from '../../platform/cache/cache.ts'
import { settings } from '../../platform/config/index.ts'
import { once } from '../../platform/config/once.ts'
import { database } from '../../platform/database/database.ts'
import { outbox } from '../../platform/outbox/index.ts'
import { redis } from '../../platform/redis/client.ts'
import { wechatApi } from '../../platform/wechat/api.ts'
import { createPhones } from './phone.ts'
import { readUsers } from './repository.ts'
import { createUsers } from './users.ts'

/**
 * Users by id; whoever changes one invalidates it here. Not in the container's memory: users are to see
 * at once what they have changed, whichever container answers.
 */
export const userCache = /* @__PURE__ */ once(() =>
  createCache({
    redis: redis(),
    name: 'user',
    memorySeconds: 0,
    freshSeconds: 300,
    keepSeconds: 300,
    load: (ids) => readUsers(database(), ids),
  }),
)

export const users = /* @__PURE__ */ once(() =>
  createUsers({
    database: database(),
    cache: userCache(),
    adminOpenids: settings().ADMIN_OPENIDS,
    outbox: outbox(),
  }),
)

export const phones = /* @__PURE__ */ once(() =>
  createPhones({
    database: database(),
    cache: userCache(),
    phoneOfCode: wechatApi().phoneOfCode,
  }),
)
