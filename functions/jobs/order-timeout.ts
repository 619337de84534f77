// Queue `order-timeout`: closes an order that is still unpaid when its time is up.
import type { Expiry } from '../../shared/domain/orders/expiry.ts'
import { OrderExpires } from '../../shared/domain/orders/messages.ts'
import { expiry } from '../../shared/domain/payments/index.ts'
import { messageJob, on } from '../../shared/platform/jobs/job.ts'

export const build = (service: Pick<Expiry, 'onTimer'>) =>
  messageJob('order-timeout', [on(OrderExpires, ({ data }) => service.onTimer(data))])

export const handler = build(expiry())
