// Queue `stock`: writes accepted orders to the database, a batch in one transaction.
import { persist } from '../../shared/domain/orders/index.ts'
import { OrderAccepted } from '../../shared/domain/orders/messages.ts'
import type { AcceptedOrder } from '../../shared/domain/orders/order.ts'
import { isOutage } from '../../shared/platform/errors/api-error.ts'
import { batchJob, type Failures } from '../../shared/platform/jobs/job.ts'

type Persist = (orders: readonly AcceptedOrder[]) => Promise<void>

export const build = (write: Persist) =>
  batchJob({ queue: 'stock', accepts: [OrderAccepted] }, async (items) => {
    const failures: Failures = new Map()
    try {
      await write(items.map(({ message }) => message.data))
    } catch (error) {
      if (isOutage(error)) throw error
      // One order that the database refuses must not take the others with it.
      for (const { key, message } of items) {
        await write([message.data]).catch((reason) => failures.set(key, reason))
      }
    }
    return failures
  })

export const handler = build(persist())
