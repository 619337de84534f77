import { settings } from '../../platform/config/index.ts'
import { once } from '../../platform/config/once.ts'
import { database } from '../../platform/database/database.ts'
import { mark } from '../../platform/database/positions.ts'
import { outbox } from '../../platform/outbox/index.ts'
import { depthsOf } from '../../platform/queue/admin.ts'
import { redis } from '../../platform/redis/client.ts'
import { createSettleUnsettled } from '../orders/decided.ts'
import { createHolds } from '../orders/holds.ts'
import { createDrained } from './drained.ts'
import { createIntake } from './intake.ts'

export const intake = /* @__PURE__ */ once(() =>
  createIntake({
    database: database(),
    redis: redis(),
    settleUnsettled: createSettleUnsettled({
      database: database(),
      holds: createHolds(redis(), settings().RELAY_AFTER_SECONDS, mark()),
    }),
    drained: createDrained(outbox(), () => depthsOf('stock')),
  }),
)
