import * as z from 'zod/mini'
import { Fen, Id, page, Time, text } from '../../platform/http/fields.ts'
import { AdminOrderDetail } from '../orders/order.ts'
import { REFUND_STATES } from './refund-repository.ts'

/** The arguments of `wx.requestPayment`. */
export const PayParams = z.object({
  timeStamp: z.string(),
  nonceStr: z.string(),
  package: z.string(),
  signType: z.literal('RSA'),
  paySign: z.string(),
})

const reason = z.optional(text(1, 80))

/** Why the buyer wants the money back. */
export const AskRefund = z.optional(z.strictObject({ reason }))

/**
 * An admin's decision. `restock` puts the units back on sale; left out, that is so where the order had
 * not been shipped.
 */
export const DecideRefund = z._default(
  z
    .strictObject({
      decision: z._default(z.enum(['grant', 'refuse']), 'grant'),
      reason,
      restock: z.optional(z.boolean()),
    })
    .check(
      z.refine(
        ({ decision, restock }) => decision === 'grant' || restock === undefined,
        'a refusal puts nothing back on sale',
      ),
    ),
  { decision: 'grant' },
)
export type DecideRefund = z.output<typeof DecideRefund>

/** The answer that WeChat Pay expects to a notice. */
export const NoticeAnswer = z.object({ code: z.enum(['SUCCESS', 'FAIL']), message: z.string() })
export type NoticeAnswer = z.output<typeof NoticeAnswer>

export const ListIncidents = z.strictObject({ limit: page.limit, cursor: z.optional(Id) })
export type ListIncidents = z.output<typeof ListIncidents>

export const CloseIncident = z.strictObject({ note: text(1, 200) })

/** The money of an order: what came, and what goes back. */
export const OrderMoney = z.object({
  payment: z.optional(
    z.object({ transactionId: z.string(), amountFen: Fen, late: z.boolean(), paidAt: Time }),
  ),
  refund: z.optional(
    z.object({
      refundNo: z.string(),
      cause: z.enum(['order', 'late']),
      state: z.enum(REFUND_STATES),
      amountFen: Fen,
      restock: z.boolean(),
      reason: z.optional(z.string()),
    }),
  ),
})
export type OrderMoney = z.output<typeof OrderMoney>

/** An order as admins see it, with each step and its money. */
export const AdminOrderWithMoney = z.extend(AdminOrderDetail, OrderMoney.shape)
export type AdminOrderWithMoney = z.output<typeof AdminOrderWithMoney>

/** What a person has to look at; `orderId` may be a refund's number. */
export const IncidentView = z.object({
  id: Id,
  kind: z.string(),
  orderId: z.string(),
  detail: z.string(),
  traceId: z.optional(z.string()),
  createdAt: Time,
  /** Once a person has looked at it: when, who, and what came of it. */
  closedAt: z.optional(Time),
  closedBy: z.optional(Id),
  note: z.optional(z.string()),
})
export type IncidentView = z.output<typeof IncidentView>
