import type { History } from '../history.ts'
import type { Books, Violation } from './books.ts'

/** Of these nobody can tell whether SES sent them: the window that SES itself leaves open. */
const OPEN_NOTICE = ['unknown', 'sending']
const isOpen = ({ state, error }: Books['recipients'][number]) =>
  state === 'sending' || (state === 'failed' && error === 'outcome unknown')

/**
 * No mail twice: every mail that went out is one that the shop knows of, by its id, or that nobody can
 * know of; each of these at most once. And what the shop says was sent did go out.
 */
export function noMailTwice({ shoppers, mailings }: History, books: Books): Violation[] {
  return [...orderMails(shoppers, books), ...campaignMails(mailings, books)]
}

function orderMails(shoppers: History['shoppers'], books: Books): Violation[] {
  const rule = 'no mail twice'
  const byUser = Map.groupBy(books.notices, ({ userId }) => userId)
  const byAddress = Map.groupBy(books.mails, ({ to }) => to)
  return [...shoppers].flatMap(([name, { userId, email }]) => {
    if (email === undefined) return []
    const notices = byUser.get(userId) ?? []
    const mails = byAddress.get(email) ?? []
    const sent = new Set(mails.map(({ messageId }) => messageId))
    const known = notices.filter(({ messageId = '' }) => sent.has(messageId)).length
    const open = notices.filter(({ state }) => OPEN_NOTICE.includes(state)).length
    const strays = mails.length - known
    const orders = notices.map(({ orderId }) => orderId)
    const violations: Violation[] = []
    if (strays > open) {
      const what = `${name} got ${strays} mails that the shop has not noted, ${open} may be open`
      violations.push({ rule, what, orders })
    }
    for (const { messageId, orderId, state } of notices) {
      if (state !== 'sent' || (messageId !== undefined && sent.has(messageId))) continue
      const what = `the mail of order ${orderId} counts as sent, and SES has none`
      violations.push({ rule: 'a mail that counts as sent was', what, orders: [orderId] })
    }
    return violations
  })
}

function campaignMails(mailings: History['mailings'], books: Books): Violation[] {
  const name = (subject: string, email: string) => `${subject} ${email}`
  const counts = new Map<string, number>()
  for (const { subject, to } of books.mails) {
    counts.set(name(subject, to), (counts.get(name(subject, to)) ?? 0) + 1)
  }
  const rows = Map.groupBy(books.recipients, ({ subject, email }) => name(subject, email))
  return mailings.flatMap(({ subject, emails, id, trace }) =>
    emails.flatMap((email) => {
      const mine = rows.get(name(subject, email)) ?? []
      const mails = counts.get(name(subject, email)) ?? 0
      const traces = [trace]
      const to = `${email} (campaign ${id ?? subject})`
      const [row] = mine
      // What nobody was told was done may be done, but once.
      if (mine.length > 1 || (row === undefined && id !== undefined)) {
        return [
          { rule: 'a campaign reaches each once', what: `${to}: ${mine.length} rows`, traces },
        ]
      }
      const [least, most] =
        row === undefined ? [0, 0] : row.state === 'sent' ? [1, 1] : isOpen(row) ? [0, 1] : [0, 0]
      if (mails >= least && mails <= most) return []
      const what = `${to} is ${row?.state ?? 'not there'}, and got ${mails} mails`
      return [{ rule: 'no mail twice', what, traces }]
    }),
  )
}

/** How many mails may have gone out or not, and how many buyers are still to be told. */
export function openMails({ notices, recipients }: Books): { open: number; sent: number } {
  const open =
    notices.filter(({ state }) => OPEN_NOTICE.includes(state)).length +
    recipients.filter(isOpen).length
  const sent = [...notices, ...recipients].filter(({ state }) => state === 'sent').length
  return { open, sent }
}
