import { once } from '../config/once.ts'
import { database } from '../database/database.ts'
import { createKeys } from './keys.ts'

/** The container's idempotency keys. */
export const keys = /* @__PURE__ */ once(() => createKeys(database()))
