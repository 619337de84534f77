import { setTimeout as sleep } from 'node:timers/promises'
import { ulid } from 'ulid'
import type { Database } from '../../platform/database/database.ts'
import { PermanentError } from '../../platform/jobs/job.ts'
import type { Mail, MailOutcome } from '../../platform/mail/ses.ts'
import { MAX_DELAY_SECONDS, type Queue } from '../../platform/queue/queue.ts'
import type { Pace } from '../../platform/resilience/pace.ts'
import { log } from '../../platform/telemetry/log.ts'
import { type BounceData, SendSlice, type SliceData } from './messages.ts'
import {
  abandonRecipients,
  claimRecipients,
  countQueued,
  finishCampaign,
  type LockedRecipient,
  lockRange,
  type Recipient,
  type Result,
  readMail,
  saveBounce,
  saveResults,
} from './repository.ts'

/** Longest wait for permits within one invocation; beyond it the slice goes back to the queue. */
const MAX_WAIT_MILLIS = 15_000
/**
 * Longer than a delivery can live (the job's timeout), so that older claims are of the dead; shorter
 * than the queue's visibility timeout, so that the next delivery finds them dead.
 */
export const STALE_MILLIS = 120_000
/** With the delays below about a day, since SES counts its daily quota over the last 24 hours. */
const MAX_ATTEMPTS = 105

export type SliceDeps = {
  database: Database
  queue: Queue
  pace: Pace
  sendBulk(mail: Mail, to: readonly string[]): Promise<MailOutcome[]>
}

const positionsOf = (recipients: readonly Recipient[]) => recipients.map(({ position }) => position)

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

  /** @returns whom this delivery alone sends to, and whether another one is at work here */
  function claimSlice(slice: SliceData, claim: string) {
    return database.transaction(async (tx) => {
      const staleBefore = new Date(Date.now() - STALE_MILLIS)
      const isDead = ({ claimedAt }: LockedRecipient) =>
        claimedAt !== null && claimedAt < staleBefore
      const rows = await lockRange(tx, slice)
      const recipients = rows.filter(({ state }) => state === 'queued')
      const sending = rows.filter(({ state }) => state === 'sending')
      await abandonRecipients(tx, slice.campaignId, positionsOf(sending.filter(isDead)))
      await claimRecipients(tx, slice.campaignId, positionsOf(recipients), claim)
      return { recipients, busy: !sending.every(isDead) }
    })
  }

  async function sendTo(recipients: Recipient[], mail: Mail, slice: SliceData, claim: string) {
    const outcomes = await sendBulk(
      mail,
      recipients.map(({ email }) => email),
    )
    const results = recipients.map((recipient, index) =>
      resultOf(recipient, outcomes[index], slice.attempt),
    )
    // Within a transaction for its retries: what is lost here can't be asked for again.
    await database.transaction((tx) => saveResults(tx, slice.campaignId, claim, results))
    const count = (state: Result['state']) =>
      results.filter((result) => result.state === state).length
    const [sent, failed, queued] = [count('sent'), count('failed'), count('queued')]
    log.info('campaign slice', { campaignId: slice.campaignId, sent, failed, queued })
    if (queued > 0) await postpone({ ...slice, attempt: slice.attempt + 1 }, 2 ** slice.attempt)
  }

  return {
    /**
     * @throws PermanentError where the campaign does not exist; anything else may be tried again
     */
    async send(slice: SliceData): Promise<void> {
      const mail = await readMail(database, slice.campaignId)
      if (mail === undefined) throw new PermanentError('there is no such campaign')
      const queued = await countQueued(database, slice)
      if (queued > 0) {
        const { granted, waitMillis } = await pace.reserve(queued, MAX_WAIT_MILLIS)
        if (!granted) return postpone(slice, waitMillis / 1000)
        await sleep(waitMillis)
      }
      const claim = ulid()
      const { recipients, busy } = await claimSlice(slice, claim)
      if (recipients.length > 0) await sendTo(recipients, mail, slice, claim)
      if (busy) throw new Error('another delivery is at this slice')
      await finishCampaign(database, slice.campaignId)
    },

    /**
     * Marks the recipient of a mail that came back.
     * @param at when it did, as an ISO time
     * @throws where the mail is not known yet: SES may report before its answer is written down
     */
    async bounced({ messageId, kind }: BounceData, at: string): Promise<void> {
      if (await saveBounce(database, messageId, kind)) return
      // Other mails than a campaign's come back too: after one more delivery it is not ours.
      if (Date.now() - Date.parse(at) < STALE_MILLIS) throw new Error('the mail is not known yet')
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
