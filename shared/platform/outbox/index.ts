import { once } from '../config/once.ts'
import { database } from '../database/database.ts'
import { send } from '../queue/queue.ts'
import { createOutbox } from './outbox.ts'

export { type Outbox, toSend } from './outbox.ts'

/** The container's outbox over the primary database and SQS. */
export const outbox = /* @__PURE__ */ once(() => createOutbox(database(), { send }))
