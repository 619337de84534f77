// Every minute: sends what should have been sent, from the outbox and from the holds.
import { upkeep } from '../../shared/domain/orders/index.ts'
import type { Upkeep } from '../../shared/domain/orders/upkeep.ts'
import { settings } from '../../shared/platform/config/index.ts'
import { schedule } from '../../shared/platform/jobs/schedule.ts'
import { type Outbox, outbox } from '../../shared/platform/outbox/index.ts'

export const build = (orders: Pick<Upkeep, 'relay'>, box: Pick<Outbox, 'relay'>, after: number) =>
  schedule('relay', async () => {
    const [holds, messages] = await Promise.all([orders.relay(), box.relay(after)])
    return { holds, messages }
  })

export const handler = build(upkeep(), outbox(), settings().RELAY_AFTER_SECONDS)
