import * as z from 'zod/mini'
import { Id, Ulid } from '../../platform/http/fields.ts'
import { messageType } from '../../platform/queue/message.ts'

const Checkable = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('nickname'), userId: Id }),
  z.object({ kind: z.literal('remark'), userId: Id, orderId: Ulid }),
])
/** Where a text stands; the text itself is in the database, and may be another one by then. */
export type Checkable = z.output<typeof Checkable>

/** Queue `notify`: have WeChat look at a text that a user wrote. Written with the text itself. */
export const TextCheck = messageType('text.check', 1, Checkable)
