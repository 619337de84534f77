// The email job as most would write it: the same claims and settlements, but one call per mail.
import { build } from '../../../functions/jobs/email.ts'
import { campaigns } from '../../../shared/domain/campaigns/index.ts'
import { createSlices } from '../../../shared/domain/campaigns/slice.ts'
import { mails } from '../../../shared/domain/mails/index.ts'
import { awsFetch } from '../../../shared/platform/aws/signed-fetch.ts'
import { settings } from '../../../shared/platform/config/index.ts'
import { database } from '../../../shared/platform/database/database.ts'
import type { Mail, MailOutcome } from '../../../shared/platform/mail/ses.ts'
import { send } from '../../../shared/platform/queue/queue.ts'
import { redis } from '../../../shared/platform/redis/client.ts'
import { createPace } from '../../../shared/platform/resilience/pace.ts'

/** @see https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html */
async function sendOne({ subject, html, text }: Mail, address: string): Promise<MailOutcome> {
  const { AWS_ENDPOINT_URL_SESV2, MAIL_FROM } = settings()
  const part = (data: string) => ({ Data: data, Charset: 'UTF-8' })
  const response = await awsFetch('ses', `${AWS_ENDPOINT_URL_SESV2}/v2/email/outbound-emails`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      FromEmailAddress: MAIL_FROM,
      Destination: { ToAddresses: [address] },
      Content: {
        Simple: {
          Subject: part(subject),
          Body: { Html: part(html), ...(text === undefined ? {} : { Text: part(text) }) },
        },
      },
    }),
  })
  if (!response.ok) return { state: 'refused', reason: String(response.status) }
  const { MessageId } = (await response.json()) as { MessageId: string }
  return { state: 'sent', messageId: MessageId }
}

async function sendEach(mail: Mail, to: readonly string[]): Promise<MailOutcome[]> {
  const outcomes: MailOutcome[] = []
  for (const address of to) outcomes.push(await sendOne(mail, address))
  return outcomes
}

const slices = createSlices({
  database: database(),
  queue: { send },
  pace: createPace(redis(), 'mail', settings().MAIL_RATE),
  sendBulk: sendEach,
})

export const handler = build(campaigns(), slices, mails())
