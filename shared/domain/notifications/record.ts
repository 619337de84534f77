import { ulid } from 'ulid'
import type { Database } from '../../platform/database/database.ts'
import { log } from '../../platform/telemetry/log.ts'
import {
  claimNotice,
  dropNotice,
  type NotificationKey,
  saveNotice,
  takeOverNotice,
} from './repository.ts'

/**
 * Longer than a delivery can live (the job's timeout), so that older claims are of the dead; shorter
 * than the queue's visibility timeout, so that the next delivery finds them dead.
 */
export const STALE_MILLIS = 120_000

/** `dropped`: will never be sent; `unknown`: sent or not, nobody can tell. `detail`: why, or its id. */
export type NotificationOutcome = { state: 'sent' | 'dropped' | 'unknown'; detail?: string }

/** Remembers what buyers were told, so that a message that comes twice tells nobody twice. */
export function createNotificationRecord(database: Database) {
  return {
    /**
     * Sends a notice unless that was done before.
     * @param afterCrash what to do where a delivery died while it was sending: `send` again, or
     *   `leave` it
     * @throws what `send` throws, and where another delivery is at it: to be tried again
     */
    async once(
      key: NotificationKey,
      afterCrash: 'send' | 'leave',
      send: () => Promise<NotificationOutcome>,
    ): Promise<void> {
      const claim = ulid()
      const row = await claimNotice(database, key, claim)
      if (row === undefined) throw new Error('the notice was given back just now')
      if (row.claim !== claim) {
        if (row.state !== 'sending') return
        if (row.claimedAt.getTime() > Date.now() - STALE_MILLIS) {
          throw new Error('another delivery is at this notice')
        }
        if (!(await takeOverNotice(database, key, row.claim, claim))) {
          throw new Error('another delivery has taken this notice over')
        }
      }
      const died = row.claim !== claim
      let outcome: NotificationOutcome
      try {
        outcome = died && afterCrash === 'leave' ? { state: 'unknown' } : await send()
      } catch (error) {
        await dropNotice(database, key, claim)
        throw error
      }
      await saveNotice(database, key, claim, outcome)
      log.info('notice', { ...key, state: outcome.state, detail: outcome.detail })
    },
  }
}

export type NotificationRecord = ReturnType<typeof createNotificationRecord>
