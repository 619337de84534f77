// Queue `order-timeout`: closes an order that is still unpaid when its time is up.
import { upkeep } from '../../shared/domain/orders/index.ts'
import { OrderExpires } from '../../shared/domain/orders/messages.ts'
import type { Upkeep } from '../../shared/domain/orders/upkeep.ts'
import { messageJob, on } from '../../shared/platform/jobs/job.ts'

export const build = (service: Pick<Upkeep, 'onTimer'>) =>
  messageJob('order-timeout', [on(OrderExpires, ({ data }) => service.onTimer(data))])

export const handler = build(upkeep())
