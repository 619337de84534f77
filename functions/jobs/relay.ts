// Every minute: sends what should have been sent, from the outbox and from the holds.
import { relayHolds } from '../../shared/domain/orders/index.ts'
import type { Relay } from '../../shared/domain/orders/relay.ts'
import { settings } from '../../shared/platform/config/index.ts'
import { schedule } from '../../shared/platform/jobs/schedule.ts'
import { type Outbox, outbox } from '../../shared/platform/outbox/index.ts'

export const build = (relay: Relay, box: Pick<Outbox, 'relay' | 'oldestSeconds'>, after: number) =>
  schedule('relay', async () => {
    // Side by side: while one of database and Redis is slow, the other's are not to wait.
    const [holds, messages] = await Promise.allSettled([relay(), box.relay(after)])
    if (holds.status === 'rejected') throw holds.reason
    if (messages.status === 'rejected') throw messages.reason
    return { ...holds.value, ...messages.value, oldestSeconds: await box.oldestSeconds() }
  })

export const handler = build(relayHolds(), outbox(), settings().RELAY_AFTER_SECONDS)
