import { randomUUID } from 'node:crypto'
import { inject, test as it } from 'vitest'
import { startSes } from '../../local/aws/ses.ts'
import { sendBulkMail } from '../../shared/platform/mail/ses.ts'

type Stored = {
  messageId: string
  from: string
  subject: string
  destination: { to: string[] }
  body: { html?: string; text?: string }
}

async function inbox(endpoint: string, subject: string): Promise<Stored[]> {
  const { emails } = (await (await fetch(`${endpoint}/store`)).json()) as { emails: Stored[] }
  return emails.filter((mail) => mail.subject === subject)
}

it('a bulk mail arrives once per recipient, each alone, word for word', async ({ expect }) => {
  const subject = `双十一 {{name}} & <全场八折> 🎉 ${randomUUID()}`
  const mail = {
    subject,
    html: '<p class="a">{{price}} "五折" & more</p>',
    text: '{{price}} \\ 五折',
  }
  const to = Array.from({ length: 50 }, (_, index) => `shopper-${index}@example.com`)
  const outcomes = await sendBulkMail(mail, to)

  const mails = await inbox(inject('endpoints').ses ?? '', subject)
  expect(mails.map(({ destination }) => destination.to)).toEqual(to.map((address) => [address]))
  expect(mails.map(({ body }) => body)).toEqual(
    to.map(() => ({ html: mail.html, text: mail.text })),
  )
  expect(outcomes).toEqual(mails.map(({ messageId }) => ({ state: 'sent', messageId })))
})

it('a bad address is refused, and the others get theirs', async ({ expect }) => {
  const subject = randomUUID()
  const to = ['a@example.com', 'no address', 'b@example.com']
  const outcomes = await sendBulkMail({ subject, html: '<p>1</p>' }, to)
  expect(outcomes.map(({ state }) => state)).toEqual(['sent', 'refused', 'sent'])
  const mails = await inbox(inject('endpoints').ses ?? '', subject)
  expect(mails.flatMap(({ destination }) => destination.to)).toEqual([to[0], to[2]])
})

it('the inbox is a page; stopping ends it, and may be asked for twice', async ({ expect }) => {
  const ses = await startSes()
  const page = await fetch(ses.endpoint)
  expect(page.headers.get('content-type')).toContain('text/html')
  await page.text()
  await ses.stop()
  await ses.stop()
  await expect(fetch(ses.endpoint)).rejects.toThrow()
})
