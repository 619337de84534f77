import { randomUUID } from 'node:crypto'
import { ulid } from 'ulid'
import { beforeEach, describe, expect, it } from 'vitest'
import { createMails, type MailDeps } from '../../../shared/domain/mails/mails.ts'
import { createNotificationRecord } from '../../../shared/domain/notifications/record.ts'
import { type MovedData, OrderMoved } from '../../../shared/domain/orders/messages.ts'
import type { OrderView } from '../../../shared/domain/orders/order.ts'
import type { Recipient } from '../../../shared/domain/users/repository.ts'
import { database } from '../../../shared/platform/database/database.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { PermanentError } from '../../../shared/platform/jobs/job.ts'
import type { Mail, MailOutcome } from '../../../shared/platform/mail/ses.ts'
import type { Outgoing } from '../../../shared/platform/queue/queue.ts'
import { viewOf } from '../../support/orders.ts'

let order: OrderView
let recipient: Recipient | undefined
let outcome: MailOutcome
let mails: { mail: Mail; to: readonly string[] }[]
let postponed: Outgoing[]

const mailing = (over: Partial<MailDeps> = {}) =>
  createMails({
    record: createNotificationRecord(database()),
    readOrder: async (orderId) => (orderId === order.orderId ? order : undefined),
    recipient: async () => recipient,
    pace: { reserve: async () => ({ granted: true, waitMillis: 0 }) },
    queue: {
      async send(_, messages) {
        postponed.push(...messages)
        return { failed: [] }
      },
    },
    sendBulk: async (mail, to) => {
      mails.push({ mail, to })
      return [outcome]
    },
    from: '"小店" <shop@example.com>',
    language: 'zh',
    ...over,
  })
const moved = (to: MovedData['to'] = 'paid') =>
  OrderMoved.of({ orderId: order.orderId, userId: '7', to })
const stateOf = async () => {
  const rows = await database().query<{ state: string; detail: string | null }>(
    sql`SELECT state, detail FROM order_notices WHERE order_id = ${order.orderId}`,
  )
  return rows[0]
}

beforeEach(() => {
  order = viewOf({ orderId: ulid(), totalFen: 1990 })
  recipient = { email: 'a@example.com', nickname: '', language: null }
  outcome = { state: 'sent', messageId: randomUUID() }
  mails = []
  postponed = []
})

describe('the mail about an order', () => {
  it('goes to the buyer once for each news, in the language of the shop', async () => {
    const job = mailing()
    for (const to of ['paid', 'shipped', 'refunded', 'paid', 'shipped'] as const)
      await job.send(moved(to))
    expect(mails.map(({ to }) => to)).toEqual(Array(3).fill(['a@example.com']))
    expect(mails.map(({ mail }) => mail.subject)).toEqual([
      '小店：已收到您的付款 ¥19.90',
      '小店：您的订单已发货',
      '小店：已退款 ¥19.90',
    ])
  })

  it('is in the language of the buyer where that is known', async () => {
    recipient = { email: 'a@example.com', nickname: 'Ann', language: 'en' }
    await mailing().send(moved())
    expect(mails[0]?.mail.text).toContain('Hello Ann,')
  })

  it('is for nobody without an address', async () => {
    recipient = undefined
    await mailing().send(moved())
    expect([mails, await stateOf()]).toEqual([[], undefined])
  })

  it('that SES puts off is tried again', async () => {
    outcome = { state: 'later', reason: 'THROTTLED' }
    await expect(mailing().send(moved())).rejects.toThrow('THROTTLED')
    outcome = { state: 'sent', messageId: 'm-1' }
    await mailing().send(moved())
    expect(await stateOf()).toEqual({ state: 'sent', detail: 'm-1' })
  })

  it.each<[MailOutcome, { state: string; detail: string | null }]>([
    [
      { state: 'refused', reason: 'MESSAGE_REJECTED' },
      { state: 'dropped', detail: 'MESSAGE_REJECTED' },
    ],
    [{ state: 'unknown' }, { state: 'unknown', detail: null }],
  ])('that ends as %j is not sent again', async (what, row) => {
    outcome = what
    await mailing().send(moved())
    await mailing().send(moved())
    expect(mails).toHaveLength(1)
    expect(await stateOf()).toEqual(row)
  })

  it('waits its turn, and goes back to the queue as it came where that is too long', async () => {
    const pace = { reserve: async () => ({ granted: false, waitMillis: 41_500 }) }
    const message = moved()
    await mailing({ pace }).send(message)
    expect(postponed).toEqual([{ message, delaySeconds: 42 }])
    expect(mails).toEqual([])
  })

  it('of an order that is not there can never be sent', async () => {
    const lost = OrderMoved.of({ orderId: ulid(), userId: '7', to: 'paid' })
    await expect(mailing().send(lost)).rejects.toThrow(PermanentError)
  })
})
