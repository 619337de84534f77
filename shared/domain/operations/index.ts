import { once } from '../../platform/config/once.ts'
import { database } from '../../platform/database/database.ts'
import { endOrder } from '../orders/index.ts'
import { createDeadLetters } from './dead-letters.ts'

/** For looking only: what throws messages away is {@link discarding}, which knows how orders end. */
export const deadLetters = /* @__PURE__ */ once(() =>
  createDeadLetters({ database: database(), endings: {} }),
)

export const discarding = /* @__PURE__ */ once(() =>
  createDeadLetters({ database: database(), endings: { stock: endOrder() } }),
)
