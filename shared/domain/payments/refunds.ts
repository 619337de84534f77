import type { Database, Queryable } from '../../platform/database/database.ts'
import { NotFound } from '../../platform/errors/standard.ts'
import { effect } from '../../platform/idempotency/effect.ts'
import { WrongState } from '../orders/errors.ts'
import type { Actor, OrderState, Step } from '../orders/machine.ts'
import { type LockedOrder, lockOrder } from '../orders/repository.ts'
import type { TakeStep } from '../orders/steps.ts'
import { moveRefund, putRefund, type Refund, readRefund } from './refund-repository.ts'
import type { DecideRefund } from './schemas.ts'

/** Where a refused request leaves the order. */
const REFUSALS: Partial<Record<OrderState, Step>> = {
  paid: 'refuseToPaid',
  shipped: 'refuseToShipped',
  completed: 'refuseToCompleted',
}

export type RefundDeps = {
  database: Database
  take: TakeStep
  /** Tells WeChat to pay an order's granted refund back; never throws. */
  push(orderId: string): Promise<void>
}

/** Who decides on refunds: a buyer asks, an admin grants or refuses. WeChat does the rest. */
export function createRefunds({ database, take, push }: RefundDeps) {
  async function locked(tx: Queryable, orderId: string): Promise<LockedOrder> {
    const order = await lockOrder(tx, orderId)
    if (order === undefined) throw new NotFound()
    return order
  }

  async function grant(orderId: string, admin: Actor, decision: DecideRefund): Promise<void> {
    await effect(database, async (tx) => {
      const order = await locked(tx, orderId)
      const asked = await readRefund(tx, orderId)
      if (asked?.cause === 'late') return again(tx, order, asked)
      const begun = order.state === 'refunding' && asked !== undefined
      // Asked by the buyer, or given back by WeChat: what is on its way must not be sent twice.
      if (begun && !['asked', 'closed'].includes(asked.state)) {
        throw new WrongState({ status: order.state, refund: asked.state })
      }
      const reason = decision.reason ?? (begun ? asked.reason : undefined)
      await take(tx, 'grantRefund', order, admin, { reason })
      const cameFrom = begun ? asked.cameFrom : order.state
      const attempt = begun && asked.state === 'closed' ? asked.attempt + 1 : 1
      await putRefund(tx, {
        orderId,
        refundNo: numberOf(orderId, attempt),
        cause: 'order',
        state: 'granted',
        amountFen: order.totalFen,
        cameFrom,
        // What was never sent is still here.
        restock: decision.restock ?? cameFrom === 'paid',
        ...reasonOf(reason),
        attempt,
        checkAt: new Date(),
      })
    })
    await push(orderId)
  }

  /** Money of a closed order whose refund WeChat has closed is sent back anew; the order stays as it is. */
  async function again(tx: Queryable, order: LockedOrder, late: Refund): Promise<void> {
    if (late.state !== 'closed') throw new WrongState({ status: order.state, refund: late.state })
    const attempt = late.attempt + 1
    const refundNo = numberOf(order.orderId, attempt)
    await putRefund(tx, { ...late, refundNo, attempt, state: 'granted', checkAt: new Date() })
  }

  async function refuse(orderId: string, admin: Actor, reason?: string): Promise<void> {
    await effect(database, async (tx) => {
      const order = await locked(tx, orderId)
      const asked = await readRefund(tx, orderId)
      const step = asked && REFUSALS[asked.cameFrom]
      if (asked?.state !== 'asked' || step === undefined) {
        throw new WrongState({ status: order.state })
      }
      await take(tx, step, order, admin, { reason })
      await moveRefund(tx, asked.refundNo, ['asked'], 'refused')
    })
  }

  return {
    /** A buyer wants the money back. @throws NotFound also where it is somebody else's; WrongState */
    async ask(userId: string, orderId: string, reason?: string): Promise<void> {
      await effect(database, async (tx) => {
        const order = await locked(tx, orderId)
        if (order.userId !== userId) throw new NotFound()
        await take(tx, 'askRefund', order, { kind: 'user', id: userId }, { reason })
        await putRefund(tx, {
          orderId,
          refundNo: orderId,
          cause: 'order',
          state: 'asked',
          amountFen: order.totalFen,
          cameFrom: order.state,
          restock: false,
          ...reasonOf(reason),
          attempt: 1,
          checkAt: new Date(),
        })
      })
    },

    /**
     * An admin decides, asked or not. Granted money is on its way when this returns, or is sent by the
     * minute's job where WeChat does not answer.
     * @throws NotFound, WrongState
     */
    async decide(adminId: string, orderId: string, decision: DecideRefund): Promise<void> {
      const admin: Actor = { kind: 'admin', id: adminId }
      if (decision.decision === 'refuse') await refuse(orderId, admin, decision.reason)
      else await grant(orderId, admin, decision)
    },
  }
}

export type Refunds = ReturnType<typeof createRefunds>

/** A refund that WeChat has closed needs a number of its own. */
const numberOf = (orderId: string, attempt: number) =>
  attempt === 1 ? orderId : `${orderId}-${attempt}`

const reasonOf = (reason: string | undefined): Pick<Refund, 'reason'> =>
  reason === undefined ? {} : { reason }
