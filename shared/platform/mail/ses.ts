import * as z from 'zod/mini'
import { awsFetch } from '../aws/signed-fetch.ts'
import { settings } from '../config/index.ts'
import { type Received, SendFailed } from '../net/send.ts'
import { BreakerOpen } from '../resilience/breaker.ts'
import { breakerOf } from '../resilience/upstreams.ts'
import { callDeadline } from '../telemetry/scope.ts'

const CALL_MILLIS = 10_000
/** SendBulkEmail takes at most this many recipients. */
export const BULK_COUNT = 50

export type Mail = { subject: string; html: string; text?: string | undefined }

/** What became of one recipient. */
export type MailOutcome =
  | { state: 'sent'; messageId: string }
  /** SES will not send this mail to this address, however often it is asked. */
  | { state: 'refused'; reason: string }
  /** Certainly not sent, for a reason that passes or that an operator can mend. */
  | { state: 'later'; reason: string }
  /** Sent or not: nobody can tell, so it must not be sent again. */
  | { state: 'unknown' }

/**
 * Statuses of an entry and errors of a call that blame the mail or the address. All other refusals
 * (throttles, quotas, pauses, rights, a sender or configuration set that is not set up) went nowhere
 * and pass or can be mended, so a campaign is not given up for them.
 */
const REFUSED =
  /^(MESSAGE_REJECTED|INVALID_PARAMETER|FAILED|MessageRejected|BadRequestException|ValidationException)$/

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
 * The body of a SendBulkEmail call. The mail goes into template data, where `{{…}}` in it is text:
 * SES fills in once, and escapes nothing. A template within the request knows only plain `{{name}}`
 * ("simple substitutions"); anything more, also `{{{name}}}`, may be refused.
 * @see https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Template.html
 */
function bulkRequest(mail: Mail, to: readonly string[]): string {
  const { MAIL_FROM, MAIL_CONFIGURATION_SET } = settings()
  return JSON.stringify({
    FromEmailAddress: MAIL_FROM,
    ConfigurationSetName: MAIL_CONFIGURATION_SET,
    DefaultContent: {
      Template: {
        TemplateContent: {
          Subject: '{{subject}}',
          Html: '{{html}}',
          ...(mail.text === undefined ? {} : { Text: '{{text}}' }),
        },
        TemplateData: JSON.stringify(mail),
      },
    },
    BulkEmailEntries: to.map((address) => ({
      Destination: { ToAddresses: [address] },
      // Empty: the data above is for everybody.
      ReplacementEmailContent: { ReplacementTemplate: { ReplacementTemplateData: '{}' } },
    })),
  })
}

/**
 * Sends one mail to up to 50 people, each of whom sees only their own address. Subject and bodies
 * arrive as written.
 * @returns an outcome per recipient, in their order; never throws for what SES or the network did
 * @see https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendBulkEmail.html
 */
export async function sendBulkMail(mail: Mail, to: readonly string[]): Promise<MailOutcome[]> {
  const everybody = (outcome: MailOutcome) => to.map(() => outcome)
  try {
    const response = await ses().run(
      () => post(bulkRequest(mail, to)),
      ({ status }) => status >= 500,
    )
    const text = await response.text()
    if (response.ok) return outcomesOf(text, to.length)
    return everybody(outcomeOfError(response, text))
  } catch (error) {
    if (error instanceof BreakerOpen) return everybody({ state: 'later', reason: 'SES is failing' })
    return everybody(
      error instanceof SendFailed && !error.reached
        ? { state: 'later', reason: 'SES is not reachable' }
        : { state: 'unknown' },
    )
  }
}

/** Whatever the call throws, SES has not answered it. */
const ses = () => breakerOf('ses', () => true)

function post(body: string): Promise<Received> {
  const { AWS_REGION, AWS_ENDPOINT_URL_SESV2 } = settings()
  const endpoint = AWS_ENDPOINT_URL_SESV2 ?? `https://email.${AWS_REGION}.amazonaws.com`
  return awsFetch('ses', `${endpoint}/v2/email/outbound-bulk-emails`, {
    method: 'POST',
    // A connection of its own: one that SES closed while the container was frozen would fail in
    // the middle of the request, and 50 recipients be lost to an unknown outcome.
    headers: { 'Content-Type': 'application/json', Connection: 'close' },
    body,
    signal: callDeadline(CALL_MILLIS),
  })
}

/** A call that failed as a whole. */
function outcomeOfError({ status, headers }: Received, text: string): MailOutcome {
  const named = headers.get('x-amzn-errortype') ?? /"(?:__)?type":"([^"]+)"/.exec(text)?.[1] ?? ''
  // `prefix#Name:url`, of which not every answer has every part.
  const type = named.split(':')[0]?.split('#').at(-1) ?? ''
  // A server that failed may have sent before it did; one that throttles has not begun.
  if (status >= 500 && !type.startsWith('Throttling')) return { state: 'unknown' }
  return { state: REFUSED.test(type) ? 'refused' : 'later', reason: `${status} ${type}`.trim() }
}

function outcomesOf(text: string, count: number): MailOutcome[] {
  const results = z.safeParse(Results, safeJson(text))
  const entries = results.success ? results.data.BulkEmailEntryResults : []
  return Array.from({ length: count }, (_, index) => {
    const entry = entries[index]
    if (entry === undefined) return { state: 'unknown' }
    const { Status, Error: detail, MessageId } = entry
    if (Status === 'SUCCESS')
      return MessageId === undefined
        ? { state: 'unknown' }
        : { state: 'sent', messageId: MessageId }
    const reason = `${Status} ${detail ?? ''}`.trim().slice(0, 200)
    return { state: REFUSED.test(Status) ? 'refused' : 'later', reason }
  })
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
