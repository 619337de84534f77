import type { Database } from '../../platform/database/database.ts'
import { NotFound } from '../../platform/errors/standard.ts'
import type { Progress } from '../../platform/jobs/progress.ts'
import { MAX_DELAY_SECONDS, type Queue } from '../../platform/queue/queue.ts'
import { log } from '../../platform/telemetry/log.ts'
import { outOfTime } from '../../platform/telemetry/scope.ts'
import type { Close } from './close.ts'
import { WrongState } from './errors.ts'
import { SYSTEM } from './machine.ts'
import { OrderExpires } from './messages.ts'
import { type Overdue, readOverdue } from './repository.ts'

const BATCH = 100
/** The queue's own timers come first; the sweep takes what they left after this many milliseconds. */
const SWEEP_AFTER_MILLIS = 60_000

export type ExpiryDeps = {
  database: Database
  queue: Queue
  close: Close
  /** Where the sweep goes on that ran out of time. */
  progress: Progress
}

/** Unpaid orders whose time is up. Each step is safe to run twice at once. */
export function createExpiry(deps: ExpiryDeps) {
  /** @returns false where the order was paid or closed already */
  async function expire(orderId: string): Promise<boolean> {
    try {
      await deps.close(orderId, { actor: SYSTEM, reason: 'not paid in time' })
      return true
    } catch (error) {
      if (error instanceof WrongState || error instanceof NotFound) return false
      throw error
    }
  }
  return {
    /**
     * Closes an order whose time is up. Too early (SQS delays 15 minutes at most) the message is
     * sent again for the rest.
     * @throws where the message could not be sent again, or the order not be closed: try again
     */
    async onTimer(data: { orderId: string; expiresAt: string }): Promise<void> {
      const remaining = Math.ceil((Date.parse(data.expiresAt) - Date.now()) / 1000)
      if (remaining <= 0) {
        await expire(data.orderId)
        return
      }
      const delaySeconds = Math.min(MAX_DELAY_SECONDS, remaining)
      const { failed } = await deps.queue.send('order-timeout', [
        { message: OrderExpires.of(data), delaySeconds },
      ])
      if (failed.length > 0) throw new Error('the timer could not be set again')
    },

    /**
     * Closes unpaid orders whose timer was lost. One that can't be closed now keeps no other waiting, also
     * where there are so many of them that a run does not come to the end: the next goes on from there.
     * @returns how many were closed, and how many could not be
     */
    async sweep(): Promise<{ closed: number; failed: number }> {
      const tally = { closed: 0, failed: 0 }
      const before = new Date(Date.now() - SWEEP_AFTER_MILLIS)
      let after = parsePlace(await deps.progress.read())
      while (!outOfTime()) {
        const overdue = await readOverdue(deps.database, before, BATCH, after)
        for (const one of overdue) {
          if (outOfTime()) break
          try {
            if (await expire(one.orderId)) tally.closed++
          } catch (error) {
            tally.failed++
            log.error('order not closed', error, { orderId: one.orderId })
          }
          after = one
        }
        if (overdue.length < BATCH && !outOfTime()) after = undefined
        if (after === undefined) break
      }
      await deps.progress.keep(after === undefined ? undefined : JSON.stringify(after))
      return tally
    },
  }
}

/** Where the sweep was, as it was kept. */
function parsePlace(kept: string | undefined): Overdue | undefined {
  if (kept === undefined) return undefined
  const { orderId, expiresAt } = JSON.parse(kept) as { orderId: string; expiresAt: string }
  return { orderId, expiresAt: new Date(expiresAt) }
}

export type Expiry = ReturnType<typeof createExpiry>
