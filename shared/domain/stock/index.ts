import { once } from '../../platform/config/once.ts'
import { database } from '../../platform/database/database.ts'
import { redis } from '../../platform/redis/client.ts'
import { createCounters } from './counters.ts'
import { createStock } from './stock.ts'

export const counters = /* @__PURE__ */ once(() => createCounters(redis()))
export const stock = /* @__PURE__ */ once(() =>
  createStock({ database: database(), counters: counters() }),
)
