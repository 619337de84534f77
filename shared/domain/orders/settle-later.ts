import { isOutage } from '../../platform/errors/api-error.ts'
import { describeError, log } from '../../platform/telemetry/log.ts'

/**
 * Tells Redis of what the database has decided. Where Redis does not answer, that is no reason to fail:
 * it is done, and the reconciler (reconcile.ts) tells Redis. Until then counters show too little.
 */
export async function settleLater(settle: () => Promise<void>): Promise<void> {
  try {
    await settle()
  } catch (error) {
    if (!isOutage(error)) throw error
    log.warn('holds are ended later: Redis does not answer', { error: describeError(error) })
  }
}
