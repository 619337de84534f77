import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sendBulkMail } from '../../../shared/platform/mail/ses.ts'
import { withScope } from '../../../shared/platform/telemetry/scope.ts'

/** SES as far as one call sees it: takes the request, then does what the test says. */
type Reply = (response: ServerResponse, request: IncomingMessage) => void
let reply: Reply
let requests: { headers: IncomingMessage['headers']; body: string }[] = []
let connections = 0
const server = createServer(async (request, response) => {
  requests.push({ headers: request.headers, body: await text(request) })
  reply(response, request)
})
server.on('connection', () => connections++)

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  process.env.AWS_ENDPOINT_URL_SESV2 = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  process.env.MAIL_CONFIGURATION_SET = 'minimall-test'
})
beforeEach(() => {
  requests = []
  connections = 0
  reply = answer(200, results({ Status: 'SUCCESS', MessageId: 'm' }))
})
afterAll(() => server.close())

const answer =
  (status: number, body: string, headers: Record<string, string> = {}): Reply =>
  (response) =>
    response.writeHead(status, headers).end(body)
const results = (...entries: object[]) => JSON.stringify({ BulkEmailEntryResults: entries })
const mail = { subject: 's', html: '<p>h</p>' }
const two = ['a@example.com', 'b@example.com']
const both = <T>(outcome: T) => [outcome, outcome]

describe('a call of SendBulkEmail', () => {
  it('holds the mail as data and in the template only what SES takes within a request', async () => {
    const full = { subject: '{{a}} 特价', html: '{{#if b}}<p>{{{c}}}</p>', text: '{{> d}} "e" \\' }
    await sendBulkMail(full, two)
    const body = JSON.parse(requests[0]?.body ?? '')
    const { TemplateContent, TemplateData } = body.DefaultContent.Template
    // "Only simple substitutions": anything else is a 400 "Template contains unsupported operations".
    for (const part of Object.values(TemplateContent)) expect(part).toMatch(/^\{\{[a-z]+\}\}$/)
    const data = JSON.parse(TemplateData)
    const filledIn = Object.entries(TemplateContent as Record<string, string>).map(
      ([name, part]) => [name, data[part.slice(2, -2)]],
    )
    expect(Object.fromEntries(filledIn)).toEqual({
      Subject: full.subject,
      Html: full.html,
      Text: full.text,
    })
    expect(body.ConfigurationSetName).toBe('minimall-test')
    expect(body.BulkEmailEntries).toEqual(
      two.map((address) => ({
        Destination: { ToAddresses: [address] },
        ReplacementEmailContent: { ReplacementTemplate: { ReplacementTemplateData: '{}' } },
      })),
    )
  })

  it('has no text part where the mail has none', async () => {
    await sendBulkMail(mail, two)
    const { Template } = JSON.parse(requests[0]?.body ?? '').DefaultContent
    expect(Object.keys(Template.TemplateContent)).toEqual(['Subject', 'Html'])
  })

  it('is signed, and has a connection of its own', async () => {
    await sendBulkMail(mail, two)
    await sendBulkMail(mail, two)
    expect(requests[0]?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 .*\/ses\/aws4_request/)
    expect(connections).toBe(2)
  })
})

describe('SES answers each recipient', () => {
  const outcomeOf = async (entry: object) => {
    reply = answer(200, results(entry))
    return (await sendBulkMail(mail, ['a@example.com']))[0]
  }

  it.each(['MESSAGE_REJECTED', 'INVALID_PARAMETER', 'FAILED'])('%s: refused', async (Status) => {
    expect(await outcomeOf({ Status, Error: 'why' })).toEqual({
      state: 'refused',
      reason: `${Status} why`,
    })
  })

  it.each([
    'ACCOUNT_THROTTLED',
    'ACCOUNT_DAILY_QUOTA_EXCEEDED',
    'TRANSIENT_FAILURE',
    'ACCOUNT_SENDING_PAUSED',
    'CONFIGURATION_SET_SENDING_PAUSED',
    'ACCOUNT_SUSPENDED',
    'CONFIGURATION_SET_NOT_FOUND',
    'MAIL_FROM_DOMAIN_NOT_VERIFIED',
  ])('%s: later', async (Status) => {
    expect(await outcomeOf({ Status })).toEqual({ state: 'later', reason: Status })
  })

  it('in the order of the request', async () => {
    reply = answer(
      200,
      results({ Status: 'FAILED', MessageId: 'm0' }, { Status: 'SUCCESS', MessageId: 'm1' }),
    )
    expect(await sendBulkMail(mail, two)).toEqual([
      { state: 'refused', reason: 'FAILED' },
      { state: 'sent', messageId: 'm1' },
    ])
  })

  it.each([
    ['too few results', results({ Status: 'SUCCESS', MessageId: 'm' })],
    ['no message id', results({ Status: 'SUCCESS', MessageId: 'm' }, { Status: 'SUCCESS' })],
    ['nonsense', '<html>'],
  ])('with %s: unknown, since it did take the call', async (_, body) => {
    reply = answer(200, body)
    expect((await sendBulkMail(mail, two)).at(-1)).toEqual({ state: 'unknown' })
  })
})

describe('SES answers the whole call', () => {
  const type = (name: string) => JSON.stringify({ __type: name, message: 'm' })

  it.each([
    [429, type('TooManyRequestsException')],
    [400, type('com.amazonaws.ses.v2#LimitExceededException')],
    [400, type('ThrottlingException')],
    [503, type('ThrottlingException')],
    [400, type('SendingPausedException')],
    [400, type('AccountSuspendedException')],
    [400, type('MailFromDomainNotVerifiedException')],
    [403, type('AccessDeniedException')],
    [403, type('ExpiredTokenException')],
    [404, type('NotFoundException')],
  ])('%d %s: nothing was sent, all go later', async (status, body) => {
    reply = answer(status, body)
    expect(await sendBulkMail(mail, two)).toMatchObject(both({ state: 'later' }))
    expect(requests).toHaveLength(1)
  })

  it.each(['BadRequestException', 'MessageRejected'])('400 %s: refused', async (name) => {
    const outcome = { state: 'refused', reason: `400 ${name}` }
    reply = answer(400, type(name))
    expect(await sendBulkMail(mail, two)).toEqual(both(outcome))
    reply = answer(400, '{}', { 'x-amzn-errortype': `${name}:http://internal.amazon.com/` })
    expect(await sendBulkMail(mail, two)).toEqual(both(outcome))
  })

  it.each([500, 502, 503])('%d: it may have sent before it failed', async (status) => {
    reply = answer(status, type('InternalFailure'))
    expect(await sendBulkMail(mail, two)).toEqual(both({ state: 'unknown' }))
    expect(requests).toHaveLength(1)
  })
})

describe('SES does not answer', () => {
  it('after it took the request: it may have sent', async () => {
    reply = (_, request) => request.socket.destroy()
    expect(await sendBulkMail(mail, two)).toEqual(both({ state: 'unknown' }))
    expect(requests).toHaveLength(1)
  })

  it('in the middle of its answer: it may have sent', async () => {
    reply = (response, request) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('{"BulkEmail', () => request.socket.destroy())
    }
    expect(await sendBulkMail(mail, two)).toEqual(both({ state: 'unknown' }))
  })

  it('before the deadline: it may have sent', async () => {
    const deadline = new AbortController()
    reply = () => deadline.abort()
    const scope = { traceId: 't', functionName: 'f', coldStart: false, deadline: deadline.signal }
    const outcomes = await withScope(scope, () => sendBulkMail(mail, two))
    expect(outcomes).toEqual(both({ state: 'unknown' }))
    expect(requests).toHaveLength(1)
  })

  it('because there is no connection: it has not sent', async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
    const reason = 'SES is not reachable'
    expect(await sendBulkMail(mail, two)).toEqual(both({ state: 'later', reason }))
  })
})
