// Queue `notify`: tells buyers and WeChat what became of orders, and has WeChat look at texts.
import type { TextChecks } from '../../shared/domain/moderation/checks.ts'
import { TextCheck } from '../../shared/domain/moderation/messages.ts'
import { notifications, textChecks } from '../../shared/domain/notifications/index.ts'
import type { Notifications } from '../../shared/domain/notifications/notifications.ts'
import { OrderMoved } from '../../shared/domain/orders/messages.ts'
import { messageJob, on } from '../../shared/platform/jobs/job.ts'

export const build = (orders: Pick<Notifications, 'tell'>, texts: Pick<TextChecks, 'check'>) =>
  messageJob('notify', [
    on(OrderMoved, ({ data, occurredAt }) => orders.tell(data, occurredAt)),
    on(TextCheck, ({ data }) => texts.check(data)),
  ])

export const handler = build(notifications(), textChecks())
