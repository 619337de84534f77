import * as z from 'zod/mini'
import { isOutage } from '../../platform/errors/api-error.ts'
import type { Queue } from '../../platform/queue/queue.ts'
import { describeError, log } from '../../platform/telemetry/log.ts'
import { outOfTime } from '../../platform/telemetry/scope.ts'
import type { GiveUp } from './give-up.ts'
import type { Holds, OrderMessage } from './holds.ts'
import { SYSTEM } from './machine.ts'
import { AcceptedOrder } from './order.ts'

const BATCH = 100
/**
 * How long after its time to be paid an order is given up that the database does not take. Longer than
 * the queue tries (infra/queues.yml; a test holds the two together), and nobody can pay it any more.
 */
export const GIVE_UP_MILLIS = 45 * 60_000

export type RelayDeps = {
  holds: Pick<Holds, 'overdue'>
  queue: Queue
  persist(orders: readonly AcceptedOrder[]): Promise<void>
  giveUp: GiveUp
}

/** What one run did: messages sent again, orders written or given up here, and what stays stuck. */
export type Relayed = { holds: number; written: number; givenUp: number; stuck: number }

/**
 * Sends the messages of holds that nobody has handled yet. What the queue could not get into the
 * database, though it answers, must not hold its units for ever: long after its time to be paid an order
 * is written here, or given up. Safe to run twice at once: each hold is claimed for a while.
 */
export function createRelay({ holds, queue, persist, giveUp }: RelayDeps) {
  /** @throws where the database does not answer */
  async function end(message: OrderMessage, tally: Relayed): Promise<void> {
    const { success, data: order } = z.safeParse(AcceptedOrder, message.data)
    try {
      if (!success) throw new Error('the hold has not the form of an order')
      try {
        await persist([order])
        tally.written++
      } catch (error) {
        if (isOutage(error)) throw error
        if (await giveUp(order, SYSTEM)) tally.givenUp++
        log.error('order given up: the database did not take it', error, { orderId: order.orderId })
      }
    } catch (error) {
      if (isOutage(error)) throw error
      tally.stuck++
      log.error('hold is stuck', error, { orderId: message.data.orderId })
    }
  }

  /** @returns those that could not be ended, since the database does not answer */
  async function endAll(messages: OrderMessage[], tally: Relayed): Promise<OrderMessage[]> {
    if (messages.length === 0) return []
    try {
      await persist(messages.map(({ data }) => z.parse(AcceptedOrder, data)))
      tally.written += messages.length
      return []
    } catch {
      // One after the other, so that it shows which of them is at fault.
    }
    for (const [at, message] of messages.entries()) {
      try {
        await end(message, tally)
      } catch (error) {
        log.warn('old holds wait on', { error: describeError(error) })
        return messages.slice(at)
      }
    }
    return []
  }

  return async function relay(): Promise<Relayed> {
    const tally: Relayed = { holds: 0, written: 0, givenUp: 0, stuck: 0 }
    while (!outOfTime()) {
      const messages = await holds.overdue(BATCH)
      const past = Date.now() - GIVE_UP_MILLIS
      const old = messages.filter(({ data }) => !(Date.parse(data.expiresAt) > past))
      const young = messages.filter((message) => !old.includes(message))
      const toSend = [...young, ...(await endAll(old, tally))]
      const { failed } = await queue.send(
        'stock',
        toSend.map((message) => ({ message })),
      )
      tally.holds += toSend.length - failed.length
      if (messages.length < BATCH || failed.length > 0) break
    }
    return tally
  }
}

export type Relay = ReturnType<typeof createRelay>
