import { setTimeout as sleep } from 'node:timers/promises'
import { PermanentError } from '../../platform/jobs/job.ts'
import type { Mail, MailOutcome } from '../../platform/mail/ses.ts'
import type { Message } from '../../platform/queue/message.ts'
import { MAX_DELAY_SECONDS, type Queue } from '../../platform/queue/queue.ts'
import type { Pace } from '../../platform/resilience/pace.ts'
import type { NotificationOutcome, NotificationRecord } from '../notifications/record.ts'
import type { MovedData } from '../orders/messages.ts'
import type { OrderView } from '../orders/order.ts'
import type { Language } from '../users/language.ts'
import type { Recipient } from '../users/repository.ts'
import { TEMPLATES } from './templates/index.ts'

/** Longest wait for a permit within one invocation; beyond it the message goes back to the queue. */
const MAX_WAIT_MILLIS = 15_000

export type MailDeps = {
  record: NotificationRecord
  readOrder(orderId: string): Promise<OrderView | undefined>
  /** @returns undefined where the user has no address or is gone */
  recipient(userId: string): Promise<Recipient | undefined>
  /** Shared with the campaigns: SES counts all mails. */
  pace: Pace
  queue: Queue
  sendBulk(mail: Mail, to: readonly string[]): Promise<MailOutcome[]>
  /** The sender, as SES gets it: `Shop <shop@example.com>`. */
  from: string
  /** For users whose language is not known. */
  language: Language
}

/** The name in front of the address, or the address. */
const shopOf = (from: string) => /^"?([^"<]+?)"?\s*</.exec(from)?.[1] ?? from

function outcomeOf(outcome: MailOutcome = { state: 'unknown' }): NotificationOutcome {
  switch (outcome.state) {
    case 'sent':
      return { state: 'sent', detail: outcome.messageId }
    case 'refused':
      return { state: 'dropped', detail: outcome.reason }
    case 'unknown':
      return { state: 'unknown' }
    case 'later':
      throw new Error(`SES takes no mail: ${outcome.reason}`)
  }
}

/** Receipts, shipping mails and refund mails, to buyers who have left an address. */
export function createMails(deps: MailDeps) {
  const { record, pace, queue } = deps
  const shop = shopOf(deps.from)

  return {
    /**
     * Sends the mail that tells a buyer the news, once: also where a delivery died or SES did not
     * answer, since nobody can tell whether that mail is out.
     * @throws PermanentError where there is no such order; anything else may be tried again
     */
    async send(message: Message<MovedData>): Promise<void> {
      const { orderId, userId, to: news } = message.data
      const recipient = await deps.recipient(userId)
      if (recipient === undefined) return
      const order = await deps.readOrder(orderId)
      if (order === undefined) throw new PermanentError('there is no such order')
      const { granted, waitMillis } = await pace.reserve(1, MAX_WAIT_MILLIS)
      if (!granted) return postpone(message, waitMillis)
      await sleep(waitMillis)
      const { email, nickname, language } = recipient
      const mail = TEMPLATES[news][language ?? deps.language]({ order, nickname, shop })
      await record.once({ orderId, news, channel: 'mail' }, 'leave', async () =>
        outcomeOf((await deps.sendBulk(mail, [email]))[0]),
      )
    },
  }

  /** Puts the message back for later. @throws where SQS does not take it */
  async function postpone(message: Message, waitMillis: number): Promise<void> {
    const delaySeconds = Math.min(MAX_DELAY_SECONDS, Math.ceil(waitMillis / 1000))
    const { failed } = await queue.send('email', [{ message, delaySeconds }])
    if (failed.length > 0) throw new Error('the mail could not be put off')
  }
}

export type Mails = ReturnType<typeof createMails>
