import { ulid } from 'ulid'
import * as z from 'zod/mini'
import { currentScope, traceIdFrom } from '../telemetry/scope.ts'

/** What travels in a queue. `id` names the fact, so that a message sent twice can be told. */
export type Message<Data = unknown> = {
  type: string
  version: number
  id: string
  traceId: string
  occurredAt: string
  data: Data
}

/** The form of a message's envelope; its data is checked by its {@link MessageType}. */
export const Envelope = z.object({
  type: z.string().check(z.minLength(1)),
  version: z.int(),
  id: z.string().check(z.minLength(1)),
  traceId: z.string(),
  occurredAt: z.string(),
  data: z.unknown(),
})

/** One kind of message: what sender and consumer agree on. */
export type MessageType<Data = unknown> = {
  readonly type: string
  readonly version: number
  readonly schema: z.ZodMiniType<Data>
  /** Makes a message that carries the running invocation's trace id. */
  of(data: Data, options?: { id?: string }): Message<Data>
}

/**
 * Declares a kind of message. A change that old consumers could misread needs a new `version`.
 * @param schema the form of `data`; must read what it writes (no transforms)
 */
export function messageType<Data>(
  type: string,
  version: number,
  schema: z.ZodMiniType<Data>,
): MessageType<Data> {
  return {
    type,
    version,
    schema,
    of: (data, options = {}) => ({
      type,
      version,
      id: options.id ?? ulid(),
      traceId: currentScope()?.traceId ?? traceIdFrom(undefined),
      occurredAt: new Date().toISOString(),
      data,
    }),
  }
}
