import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import { MailBounced } from '../../../shared/domain/campaigns/messages.ts'
import { NewCampaign } from '../../../shared/domain/campaigns/schemas.ts'

const campaign = (change: object) => ({
  subject: '特价',
  html: '<p>{{x}}</p>',
  audience: { emails: ['a@example.com'] },
  ...change,
})
const problemOf = (change: object) => {
  const result = z.safeParse(NewCampaign, campaign(change))
  return result.error?.issues[0]?.path.join('.')
}

describe('a new campaign', () => {
  it('has its addresses in lower case and its bodies as they are', () => {
    const html = '  {{x}}\n'
    const audience = { emails: [' Alice@Example.COM '] }
    expect(z.parse(NewCampaign, campaign({ html, audience }))).toEqual({
      subject: '特价',
      html,
      audience: { emails: ['alice@example.com'] },
    })
  })

  it.each([
    ['no audience', { audience: {} }, 'audience'],
    ['two audiences', { audience: { emails: ['a@example.com'], all: true } }, 'audience'],
    ['nobody', { audience: { emails: [] } }, 'audience.emails'],
    ['not all', { audience: { all: false } }, 'audience.all'],
    ['no address', { audience: { emails: ['a@example.com', 'a b'] } }, 'audience.emails.1'],
    ['another line in the subject', { subject: 'a\r\nBcc: b@example.com' }, 'subject'],
    ['an empty subject', { subject: ' ' }, 'subject'],
    ['a long subject', { subject: 'x'.repeat(201) }, 'subject'],
    ['an empty body', { html: '' }, 'html'],
    ['an empty text', { text: '' }, 'text'],
    ['more than SES takes', { html: 'x'.repeat(100_001) }, 'html'],
    ['a field that is not known', { from: 'a@example.com' }, ''],
  ])('with %s is refused', (_, change, field) => {
    expect(problemOf(change)).toBe(field)
  })
})

it('a bounce has one of the kinds that EventBridge sends', () => {
  const of = (kind: string) => z.safeParse(MailBounced.schema, { messageId: 'm', kind }).success
  expect([of('Bounce'), of('Complaint'), of('Delivery')]).toEqual([true, true, false])
})
