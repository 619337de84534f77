import { setTimeout as sleep } from 'node:timers/promises'
import { ulid } from 'ulid'
import type { Database } from '../../platform/database/database.ts'
import { PermanentError } from '../../platform/jobs/job.ts'
import type { Mail, MailOutcome } from '../../platform/mail/ses.ts'
import { MAX_DELAY_SECONDS, type Queue } from '../../platform/queue/queue.ts'
import type { Pace } from '../../platform/resilience/pace.ts'
import { SendSlice, type SliceData } from './messages.ts'
import {
  abandonStale,
  claimRange,
  finishCampaign,
  isClaimed,
  type Recipient,
  type Result,
  readMail,
  saveBounce,
  saveResults,
} from './repository.ts'

/** Longest wait for permits within one invocation; beyond it the slice goes back to the queue. */
const MAX_WAIT_MILLIS = 15_000
/** Longer than a delivery can live (the job's timeout is 60 s): older claims are of the dead. */
const STALE_MILLIS = 120_000
const MAX_ATTEMPTS = 10

export type SliceDeps = {
  database: Database
  queue: Queue
  pace: Pace
  sendBulk(mail: Mail, to: readonly string[]): Promise<MailOutcome[]>
}

/**
 * Sends slices of campaigns. A recipient is claimed before SES is called and settled after it, so a
 * slice that is delivered again sends nothing twice; where a delivery dies in between, its
 * recipients count as failed with "outcome unknown": rather once too few than twice.
 */
export function createSlices({ database, queue, pace, sendBulk }: SliceDeps) {
  /** Puts the slice back into the queue for later. @throws where SQS does not take it */
  async function postpone(slice: SliceData, seconds: number): Promise<void> {
    const delaySeconds = Math.min(MAX_DELAY_SECONDS, Math.max(1, Math.ceil(seconds)))
    const { failed } = await queue.send('email', [{ message: SendSlice.of(slice), delaySeconds }])
    if (failed.length > 0) throw new Error('the slice could not be put off')
  }

  return {
    /**
     * @throws PermanentError where the campaign does not exist; anything else may be tried again
     */
    async send(slice: SliceData): Promise<void> {
      const mail = await readMail(database, slice.campaignId)
      if (mail === undefined) throw new PermanentError('there is no such campaign')
      const { granted, waitMillis } = await pace.reserve(slice.to - slice.from + 1, MAX_WAIT_MILLIS)
      if (!granted) return postpone(slice, waitMillis / 1000)
      await sleep(waitMillis)

      await abandonStale(database, slice, new Date(Date.now() - STALE_MILLIS))
      const claim = ulid()
      const recipients = await claimRange(database, slice, claim)
      if (recipients.length > 0) {
        const emails = recipients.map(({ email }) => email)
        const outcomes = await sendBulk(mail, emails)
        const results = recipients.map((recipient, index) =>
          resultOf(recipient, outcomes[index], slice.attempt),
        )
        await saveResults(database, slice.campaignId, claim, results)
        if (results.some(({ state }) => state === 'queued')) {
          await postpone({ ...slice, attempt: slice.attempt + 1 }, 2 ** slice.attempt)
        }
      }
      if (await isClaimed(database, slice)) throw new Error('another delivery is at this slice')
      await finishCampaign(database, slice.campaignId)
    },

    /** Marks the recipient of a mail that came back. */
    async bounced({ messageId, kind }: { messageId: string; kind: string }): Promise<void> {
      await saveBounce(database, messageId, kind)
    },
  }
}

export type Slices = ReturnType<typeof createSlices>

function resultOf(
  { position }: Recipient,
  outcome: MailOutcome = { state: 'unknown' },
  attempt: number,
): Result {
  switch (outcome.state) {
    case 'sent':
      return { position, state: 'sent', messageId: outcome.messageId }
    case 'refused':
      return { position, state: 'failed', error: outcome.reason }
    case 'unknown':
      return { position, state: 'failed', error: 'outcome unknown' }
    case 'later':
      return attempt >= MAX_ATTEMPTS
        ? { position, state: 'failed', error: outcome.reason }
        : { position, state: 'queued', error: outcome.reason }
  }
}
