import type { Database } from '../../platform/database/database.ts'
import type { Reads } from '../../platform/database/reading.ts'
import { isOutage } from '../../platform/errors/api-error.ts'
import { NotFound } from '../../platform/errors/standard.ts'
import { pageOf } from '../../platform/http/page.ts'
import { effect } from '../../platform/idempotency/effect.ts'
import type { Outbox } from '../../platform/outbox/outbox.ts'
import { log } from '../../platform/telemetry/log.ts'
import { outOfTime } from '../../platform/telemetry/scope.ts'
import { readAny } from './book.ts'
import { WrongState } from './errors.ts'
import { type Actor, SYSTEM } from './machine.ts'
import type { AdminOrderDetail } from './order.ts'
import { lockOrder, readLongShipped, readOrders } from './repository.ts'
import type { ListAllOrders, Ship } from './schemas.ts'
import type { TakeStep } from './steps.ts'

const BATCH = 100
const DAY_MILLIS = 86_400_000

export type FulfilmentDeps = {
  database: Database
  reads: Reads
  outbox: Pick<Outbox, 'deliver'>
  take: TakeStep
  confirmDays: number
}

/** From paid to completed: what admins, buyers and the clock do with orders that the database has. */
export function createFulfilment(deps: FulfilmentDeps) {
  const { database, reads, outbox, take, confirmDays } = deps

  async function confirm(orderId: string, actor: Actor, reason?: string): Promise<void> {
    await effect(database, async (tx) => {
      const order = await lockOrder(tx, orderId)
      if (order === undefined) throw new NotFound()
      if (actor.kind === 'user' && order.userId !== actor.id) throw new NotFound()
      return take(tx, 'confirm', order, actor, { reason })
    })
  }

  return {
    /**
     * @returns a page of everybody's orders, the newest first; those still pending are not among them.
     *   What this admin did is in it; what others did a moment ago may not be
     */
    async list(adminId: string, { status, userId, limit, cursor }: ListAllOrders) {
      const page = { status, userId, before: cursor, limit: limit + 1 }
      const rows = await readOrders(await reads.of(adminId), page)
      return pageOf(rows, limit, ({ orderId }) => orderId)
    },

    /** Notes the parcel of a paid order and tells the buyer. @throws NotFound, WrongState */
    async ship(orderId: string, parcel: Ship, adminId: string): Promise<AdminOrderDetail> {
      const { news } = await effect(database, async (tx) => {
        const order = await lockOrder(tx, orderId)
        if (order === undefined) throw new NotFound()
        const shipment = { ...parcel, shippedAt: new Date() }
        return take(tx, 'ship', order, { kind: 'admin', id: adminId }, { shipment })
      })
      await outbox.deliver(news)
      return readAny(database, orderId)
    },

    /** The buyer has the parcel. @throws NotFound also where it is somebody else's; WrongState */
    confirm: (userId: string, orderId: string) => confirm(orderId, { kind: 'user', id: userId }),

    /**
     * Confirms what has been on its way for long enough, as far as time goes. Safe to run twice at once; an
     * order that can't be confirmed keeps no other waiting.
     * @throws Unavailable where the database does not answer
     */
    async confirmOverdue(): Promise<{ confirmed: number; failed: number }> {
      const failed = new Set<string>()
      let confirmed = 0
      const before = new Date(Date.now() - confirmDays * DAY_MILLIS)
      while (!outOfTime()) {
        const limit = BATCH + failed.size
        const overdue = await readLongShipped(database, before, limit)
        for (const id of overdue.filter((one) => !failed.has(one))) {
          if (outOfTime()) break
          try {
            await confirm(id, SYSTEM, `not confirmed within ${confirmDays} days`)
            confirmed++
          } catch (error) {
            if (isOutage(error)) throw error
            // Confirmed or sent back a moment ago.
            if (error instanceof WrongState) continue
            failed.add(id)
            log.error('order not confirmed', error, { orderId: id })
          }
        }
        if (overdue.length < limit) break
      }
      return { confirmed, failed: failed.size }
    },
  }
}

export type Fulfilment = ReturnType<typeof createFulfilment>
