// Every minute: sends what should have been sent, from the outbox and from the holds.
import { relayHolds } from '../../shared/domain/orders/index.ts'
import type { Relay } from '../../shared/domain/orders/relay.ts'
import { settings } from '../../shared/platform/config/index.ts'
import { schedule } from '../../shared/platform/jobs/schedule.ts'
import { type Outbox, outbox } from '../../shared/platform/outbox/index.ts'

export const build = (relay: Relay, box: Pick<Outbox, 'relay'>, after: number) =>
  schedule('relay', async () => {
    const [holds, messages] = await Promise.all([relay(), box.relay(after)])
    return { holds, messages }
  })

export const handler = build(relayHolds(), outbox(), settings().RELAY_AFTER_SECONDS)
