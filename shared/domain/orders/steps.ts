import type { Queryable } from '../../platform/database/database.ts'
import { type Outbox, type OutboxRow, toSend } from '../../platform/outbox/outbox.ts'
import { WrongState } from './errors.ts'
import { writeHistory } from './history.ts'
import { type Actor, ruleOf, type Step } from './machine.ts'
import { OrderMoved } from './messages.ts'
import { type LockedOrder, type StepColumns, setState } from './repository.ts'

export type Taken = {
  /** Deliver these after the commit. */
  news: OutboxRow[]
}

/**
 * The one way in which an order changes its state. Within the caller's transaction: checks the step
 * against the table, compares and sets the state, writes the row of history, and puts the news for
 * the buyer into the outbox.
 */
export function createSteps(outbox: Pick<Outbox, 'add'>) {
  /**
   * @param order as {@link lockOrder} read it in this transaction
   * @param columns what else the step sets on the order
   * @throws WrongState where this actor can't take the step from the order's state; nothing is changed
   */
  return async function take(
    tx: Queryable,
    step: Step,
    order: LockedOrder,
    actor: Actor,
    { reason, ...columns }: { reason?: string | undefined } & StepColumns = {},
  ): Promise<Taken> {
    const rule = ruleOf(step, order.state, actor)
    if (rule === undefined) throw new WrongState({ status: order.state })
    const { orderId, userId } = order
    const owners = actor.id === undefined ? [userId] : [userId, actor.id]
    const moved = await setState(tx, orderId, order.state, rule.to, { reason, owners, ...columns })
    if (!moved) throw new WrongState()
    await writeHistory(tx, [{ orderId, step, from: order.state, to: rule.to, actor, reason }])
    if (rule.news === undefined) return { news: [] }
    const data = { orderId, userId, to: rule.news }
    const news = ['notify', 'email'].map((queue) => toSend(queue, OrderMoved.of(data)))
    await outbox.add(tx, news)
    return { news }
  }
}

export type TakeStep = ReturnType<typeof createSteps>
