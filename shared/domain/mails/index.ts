import { settings } from '../../platform/config/index.ts'
import { once } from '../../platform/config/once.ts'
import { database } from '../../platform/database/database.ts'
import { sendBulkMail } from '../../platform/mail/ses.ts'
import { send } from '../../platform/queue/queue.ts'
import { redis } from '../../platform/redis/client.ts'
import { createPace } from '../../platform/resilience/pace.ts'
import { createNotificationRecord } from '../notifications/record.ts'
import { readOrder } from '../orders/repository.ts'
import { readRecipient } from '../users/repository.ts'
import { createMails } from './mails.ts'

export const mails = /* @__PURE__ */ once(() => {
  const { MAIL_FROM, MAIL_LANGUAGE, MAIL_RATE } = settings()
  return createMails({
    record: createNotificationRecord(database()),
    readOrder: (orderId) => readOrder(database(), orderId),
    recipient: (userId) => readRecipient(database(), userId),
    pace: createPace(redis(), 'mail', MAIL_RATE),
    queue: { send },
    sendBulk: sendBulkMail,
    from: MAIL_FROM,
    language: MAIL_LANGUAGE,
  })
})
