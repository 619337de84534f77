import * as z from 'zod/mini'
import { awsFetch } from '../aws/signed-fetch.ts'
import { settings } from '../config/index.ts'
import { callDeadline } from '../telemetry/scope.ts'

const CALL_MILLIS = 10_000
/** SendBulkEmail takes at most this many recipients. */
export const BULK_COUNT = 50

export type Mail = { subject: string; html: string; text?: string | undefined }

/** What became of one recipient. `later`: SES was too busy, and has certainly not sent it. */
export type MailOutcome =
  | { state: 'sent'; messageId: string }
  | { state: 'refused'; reason: string }
  | { state: 'later'; reason: string }
  /** Sent or not: nobody can tell, so it must not be sent again. */
  | { state: 'unknown' }

/** Entries with these statuses, and calls with these errors, went nowhere and may go later. */
const BUSY =
  /THROTTLED|TRANSIENT_FAILURE|PAUSED|DAILY_QUOTA|TooManyRequests|LimitExceeded|Throttling|SendingPaused/
/** Errors of fetch before anything was sent. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])

const Results = z.object({
  BulkEmailEntryResults: z.array(
    z.object({
      Status: z.string(),
      Error: z.optional(z.string()),
      MessageId: z.optional(z.string()),
    }),
  ),
})

/**
 * Sends one mail to up to 50 people, each of whom sees only their own address.
 * Subject and bodies arrive as written: SES fills them into a template, so `{{…}}` in them is text.
 * @returns an outcome per recipient, in their order; never throws for what SES or the network did
 * @see https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendBulkEmail.html
 */
export async function sendBulkMail(mail: Mail, to: readonly string[]): Promise<MailOutcome[]> {
  const { AWS_REGION, AWS_ENDPOINT_URL_SESV2, MAIL_FROM, MAIL_CONFIGURATION_SET } = settings()
  const endpoint = AWS_ENDPOINT_URL_SESV2 ?? `https://email.${AWS_REGION}.amazonaws.com`
  const everybody = (outcome: MailOutcome) => to.map(() => outcome)
  let response: Response
  let text: string
  try {
    response = await awsFetch('ses', `${endpoint}/v2/email/outbound-bulk-emails`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        FromEmailAddress: MAIL_FROM,
        ConfigurationSetName: MAIL_CONFIGURATION_SET,
        DefaultContent: {
          Template: {
            TemplateContent: {
              Subject: '{{{subject}}}',
              Html: '{{{html}}}',
              ...(mail.text === undefined ? {} : { Text: '{{{text}}}' }),
            },
            TemplateData: JSON.stringify(mail),
          },
        },
        BulkEmailEntries: to.map((address) => ({ Destination: { ToAddresses: [address] } })),
      }),
      signal: callDeadline(CALL_MILLIS),
    })
    text = await response.text()
  } catch (error) {
    const code = (error as { cause?: { code?: string } }).cause?.code ?? ''
    return everybody(
      NOT_CONNECTED.has(code)
        ? { state: 'later', reason: 'SES is not reachable' }
        : { state: 'unknown' },
    )
  }
  if (response.ok) return outcomesOf(text, to.length)
  const type =
    response.headers.get('x-amzn-errortype') ?? /"(?:__)?type":"([^"]+)"/.exec(text)?.[1] ?? ''
  const reason = `${response.status} ${type.split(':')[0]}`.trim()
  if (response.status === 429 || BUSY.test(type)) return everybody({ state: 'later', reason })
  if (response.status >= 500) return everybody({ state: 'unknown' })
  return everybody({ state: 'refused', reason })
}

function outcomesOf(text: string, count: number): MailOutcome[] {
  const results = z.safeParse(Results, safeJson(text))
  const entries = results.success ? results.data.BulkEmailEntryResults : []
  return Array.from({ length: count }, (_, index) => {
    const entry = entries[index]
    if (entry === undefined) return { state: 'unknown' }
    const { Status, Error: detail, MessageId } = entry
    if (Status === 'SUCCESS' && MessageId !== undefined)
      return { state: 'sent', messageId: MessageId }
    const reason = `${Status} ${detail ?? ''}`.trim().slice(0, 200)
    return { state: BUSY.test(Status) ? 'later' : 'refused', reason }
  })
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
