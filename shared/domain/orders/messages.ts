import * as z from 'zod/mini'
import { Id, Time, Ulid } from '../../platform/http/fields.ts'
import { messageType } from '../../platform/queue/message.ts'
import { AcceptedOrder } from './order.ts'

/** Queue `stock`: an order was accepted and is to be written to the database. */
export const OrderAccepted = messageType('order.accepted', 1, AcceptedOrder)

/** Queue `order-timeout`: close the order if it is still unpaid at `expiresAt`. */
export const OrderExpires = messageType(
  'order.expires',
  1,
  z.object({ orderId: Ulid, expiresAt: Time }),
)

/**
 * Queues `notify` and `email`: an order came into a state that its buyer should hear of. Written to
 * the outbox with the change itself.
 */
export const OrderMoved = messageType(
  'order.moved',
  1,
  z.object({ orderId: Ulid, userId: Id, to: z.enum(['paid', 'shipped', 'refunded']) }),
)
export type MovedData = { orderId: string; userId: string; to: 'paid' | 'shipped' | 'refunded' }
