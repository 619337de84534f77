import * as z from 'zod/mini'
import type { Database } from '../../platform/database/database.ts'
import { isDuplicate, StatementFailed } from '../../platform/database/errors.ts'
import { Envelope } from '../../platform/queue/message.ts'
import { createSettleDecided, type DecidedDeps } from './decided.ts'
import { writeHistory } from './history.ts'
import type { Actor } from './machine.ts'
import { OrderAccepted } from './messages.ts'
import type { AcceptedOrder } from './order.ts'
import { insertOrders } from './repository.ts'

/** What its buyer reads. */
const REASON = 'could not be fulfilled'

export type GiveUpDeps = DecidedDeps & { database: Database }

/**
 * Ends an accepted order that can't be written as it is: it becomes `failed`, and its units and coupon
 * are free again. Where the database has decided on it already, that stands, and Redis hears of it. Safe
 * to run again, and beside the stock job: the order's primary key lets one of them decide.
 */
export function createGiveUp(deps: GiveUpDeps) {
  const settleDecided = createSettleDecided(deps)

  /** @returns false where the database had decided already */
  async function fail({ key: _, ...order }: AcceptedOrder, actor: Actor): Promise<boolean> {
    // Without its key, which another order may have: the primary key is to decide.
    const { orderId, traceId } = order
    try {
      await deps.database.transaction(async (tx) => {
        await insertOrders(tx, [{ order, state: 'failed', reason: REASON }])
        await writeHistory(tx, [
          { orderId, step: 'fail', to: 'failed', actor, reason: REASON, traceId },
        ])
      })
      return true
    } catch (error) {
      if (isDuplicate(error)) return false
      throw error
    }
  }

  /**
   * @returns whether this call ended it
   * @throws Unavailable where the database or Redis does not answer, StatementFailed where the
   *   database takes not even what is bare of all words
   */
  return async function giveUp(order: AcceptedOrder, actor: Actor): Promise<boolean> {
    let ended: boolean
    try {
      ended = await fail(order, actor)
    } catch (error) {
      if (!(error instanceof StatementFailed)) throw error
      ended = await fail(bare(order), actor)
    }
    await settleDecided([order])
    return ended
  }
}

export type GiveUp = ReturnType<typeof createGiveUp>

/**
 * Ends the order of a message that an admin throws away; what is no such message ends nothing. What else
 * is in the queue of it falls out there: the database has decided.
 */
export function createEndOrder(giveUp: GiveUp) {
  return async function endOrder(body: unknown, adminId: string): Promise<void> {
    const { data: message } = z.safeParse(Envelope, body)
    if (message?.type !== OrderAccepted.type) return
    const { data: order } = z.safeParse(OrderAccepted.schema, message.data)
    if (order !== undefined) await giveUp(order, { kind: 'admin', id: adminId })
  }
}

/** Without what people wrote: numbers and ids. */
function bare({ address: _, remark: __, ...order }: AcceptedOrder): AcceptedOrder {
  const items = order.items.map(({ image: _, ...item }) => ({ ...item, title: '', skuTitle: '' }))
  return { ...order, items }
}
