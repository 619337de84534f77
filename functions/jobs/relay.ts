// Every minute: sends what should have been sent, from the outbox and from the holds.
import { intake } from '../../shared/domain/intake/index.ts'
import type { Intake } from '../../shared/domain/intake/intake.ts'
import { relayHolds } from '../../shared/domain/orders/index.ts'
import type { Relay } from '../../shared/domain/orders/relay.ts'
import { settings } from '../../shared/platform/config/index.ts'
import { schedule } from '../../shared/platform/jobs/schedule.ts'
import { type Outbox, outbox } from '../../shared/platform/outbox/index.ts'

export const build = (
  relay: Relay,
  box: Pick<Outbox, 'relay' | 'oldestSeconds'>,
  after: number,
  orders: Pick<Intake, 'tend'>,
) =>
  schedule('relay', async () => {
    // Side by side: while one of database and Redis is slow, the other's are not to wait.
    const work = [relay(), box.relay(after), orders.tend()] as const
    const [holds, messages, fast] = await Promise.allSettled(work)
    if (holds.status === 'rejected') throw holds.reason
    if (messages.status === 'rejected') throw messages.reason
    if (fast.status === 'rejected') throw fast.reason
    const tally = { ...holds.value, ...messages.value, fast: Number(fast.value) }
    return { ...tally, oldestSeconds: await box.oldestSeconds() }
  })

export const handler = build(relayHolds(), outbox(), settings().RELAY_AFTER_SECONDS, intake())
