import * as z from 'zod/mini'
import { Ulid } from '../../platform/http/fields.ts'
import { messageType } from '../../platform/queue/message.ts'

/** Queue `export`: begin an export, or go on with it. Each run has one message of its own. */
export const RunExport = messageType(
  'export.run',
  1,
  z.object({ exportId: Ulid, run: z.int().check(z.gte(1)) }),
)
export type RunData = { exportId: string; run: number }
