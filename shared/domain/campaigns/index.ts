import { settings } from '../../platform/config/index.ts'
import { once } from '../../platform/config/once.ts'
import { database } from '../../platform/database/database.ts'
import { sendBulkMail } from '../../platform/mail/ses.ts'
import { outbox } from '../../platform/outbox/index.ts'
import { send } from '../../platform/queue/queue.ts'
import { redis } from '../../platform/redis/client.ts'
import { createPace } from '../../platform/resilience/pace.ts'
import { createCampaigns } from './campaigns.ts'
import { createSlices } from './slice.ts'

export const campaigns = /* @__PURE__ */ once(() =>
  createCampaigns({ database: database(), outbox: outbox() }),
)

export const slices = /* @__PURE__ */ once(() =>
  createSlices({
    database: database(),
    queue: { send },
    pace: createPace(redis(), 'mail', settings().MAIL_RATE),
    sendBulk: sendBulkMail,
  }),
)
