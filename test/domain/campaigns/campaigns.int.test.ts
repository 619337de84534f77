import { randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { createCampaigns } from '../../../shared/domain/campaigns/campaigns.ts'
import type { SliceData } from '../../../shared/domain/campaigns/messages.ts'
import { createSlices } from '../../../shared/domain/campaigns/slice.ts'
import { createDatabase, type Database } from '../../../shared/platform/database/database.ts'
import { rowsOf, sql } from '../../../shared/platform/database/sql.ts'
import { PermanentError } from '../../../shared/platform/jobs/job.ts'
import { type MailOutcome, sendBulkMail } from '../../../shared/platform/mail/ses.ts'
import { createOutbox } from '../../../shared/platform/outbox/outbox.ts'
import type { Message } from '../../../shared/platform/queue/message.ts'
import type { Queue } from '../../../shared/platform/queue/queue.ts'

let database: Database
const sent: { message: Message; delaySeconds?: number }[] = []
const queue: Queue = {
  async send(_, messages) {
    sent.push(...messages)
    return { failed: [] }
  },
}
const pace = { reserve: async () => ({ granted: true, waitMillis: 0 }) }
const mails: string[][] = []
const mailing = (
  outcomeOf: (email: string) => MailOutcome = () => ({ state: 'sent', messageId: randomUUID() }),
) =>
  createSlices({
    database,
    queue,
    pace,
    sendBulk: async (_, to) => {
      mails.push([...to])
      return to.map(outcomeOf)
    },
  })
let campaigns: ReturnType<typeof createCampaigns>

beforeAll(() => {
  database = createDatabase(inject('endpoints').databaseUrl ?? '')
  campaigns = createCampaigns({ database, outbox: createOutbox(database, queue) })
})
beforeEach(() => {
  sent.length = 0
  mails.length = 0
})

const content = { subject: 's', html: '<p>h</p>' }
async function newCampaign(count: number): Promise<{ id: string; slices: SliceData[] }> {
  const emails = Array.from({ length: count }, (_, index) => `r${index}@example.com`)
  const { id } = await campaigns.create({ ...content, audience: { emails } }, '1')
  const slices = sent.map(({ message }) => message.data as SliceData)
  sent.length = 0
  return { id, slices }
}
const errorsOf = (id: string) =>
  database.query<{ state: string; error: string | null }>(
    sql`SELECT state, error FROM campaign_recipients WHERE campaign_id = ${id} ORDER BY position`,
  )

describe('a slice', () => {
  it('is cut to at most 50, and sent once though it comes five times at once and again', async () => {
    const { id, slices } = await newCampaign(120)
    expect(slices.map(({ from, to }) => [from, to])).toEqual([
      [1, 50],
      [51, 100],
      [101, 120],
    ])
    const job = mailing()
    for (const slice of slices) {
      await Promise.allSettled(Array.from({ length: 5 }, () => job.send(slice)))
      await job.send(slice)
    }
    expect(mails.flat()).toHaveLength(120)
    expect(new Set(mails.flat()).size).toBe(120)
    expect(await campaigns.view(id)).toEqual({
      id,
      state: 'done',
      total: 120,
      sent: 120,
      failed: 0,
    })
  })

  it('that is throttled in part goes back for the rest, later and later, and in the end gives up', async () => {
    const { id, slices } = await newCampaign(3)
    const busy = mailing((email) =>
      email === 'r1@example.com'
        ? { state: 'later', reason: 'THROTTLED' }
        : { state: 'sent', messageId: randomUUID() },
    )
    let slice = slices[0] as SliceData
    await busy.send(slice)
    expect(await campaigns.view(id)).toMatchObject({ state: 'sending', sent: 2, failed: 0 })
    const delays: number[] = []
    for (let again = sent.shift(); again !== undefined; again = sent.shift()) {
      delays.push(again.delaySeconds ?? 0)
      slice = again.message.data as SliceData
      await busy.send(slice)
    }
    expect(delays).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512])
    expect(mails.filter((to) => to.includes('r0@example.com'))).toHaveLength(1)
    expect(await campaigns.view(id)).toMatchObject({ state: 'done', sent: 2, failed: 1 })
  })

  it('records who was refused and why', async () => {
    const { id, slices } = await newCampaign(2)
    await mailing((email) =>
      email === 'r0@example.com'
        ? { state: 'refused', reason: 'MESSAGE_REJECTED' }
        : { state: 'sent', messageId: 'm' },
    ).send(slices[0] as SliceData)
    expect(await errorsOf(id)).toEqual([
      { state: 'failed', error: 'MESSAGE_REJECTED' },
      { state: 'sent', error: null },
    ])
  })

  it('whose delivery died is not sent again: nobody knows whether it was', async () => {
    const { id, slices } = await newCampaign(2)
    const slice = slices[0] as SliceData
    const dying = createSlices({
      database,
      queue,
      pace,
      sendBulk: () => Promise.reject(new Error('killed')),
    })
    await expect(dying.send(slice)).rejects.toThrow('killed')
    await expect(mailing().send(slice)).rejects.toThrow('another delivery')
    await database.write(
      sql`UPDATE campaign_recipients SET claimed_at = ${new Date(Date.now() - 600_000)} WHERE campaign_id = ${id}`,
    )
    await mailing().send(slice)
    expect(mails).toEqual([])
    expect(await campaigns.view(id)).toMatchObject({ state: 'done', sent: 0, failed: 2 })
    expect((await errorsOf(id))[0]?.error).toBe('outcome unknown')
  })

  it('waits its turn, and goes back to the queue where that is too long', async () => {
    const { slices } = await newCampaign(1)
    const slow = createSlices({
      database,
      queue,
      pace: { reserve: async () => ({ granted: false, waitMillis: 42_000 }) },
      sendBulk: async () => [],
    })
    await slow.send(slices[0] as SliceData)
    expect(sent).toMatchObject([
      { delaySeconds: 42, message: { type: 'campaign.slice', data: slices[0] } },
    ])
  })

  it('of a campaign that is not there can never succeed', async () => {
    const lost = { campaignId: '01KB2Z5GJ9QW8X4V7T3N6M2R1E', from: 1, to: 1, attempt: 1 }
    await expect(mailing().send(lost)).rejects.toThrow(PermanentError)
  })

  it('counts a bounce, once, and shrugs at one of another mail', async () => {
    const { id, slices } = await newCampaign(1)
    const messageId = randomUUID()
    const job = mailing(() => ({ state: 'sent', messageId }))
    await job.send(slices[0] as SliceData)
    await job.bounced({ messageId, kind: 'Bounce' })
    await job.bounced({ messageId, kind: 'Bounce' })
    await job.bounced({ messageId: 'other', kind: 'Bounce' })
    expect(await campaigns.view(id)).toMatchObject({ sent: 0, failed: 1 })
    expect(await errorsOf(id)).toEqual([{ state: 'failed', error: 'Bounce' }])
  })
})

describe('an audience of all users', () => {
  it('is found step by step, each step once, whatever is delivered twice', async () => {
    const mark = randomUUID().slice(0, 8)
    const now = new Date()
    const rows = Array.from({ length: 2500 }, (_, index) => [
      `o-${mark}-${index}`,
      index % 5 === 0 ? null : `u${index % 2000}-${mark}@example.com`,
      now,
      now,
    ])
    for (let start = 0; start < rows.length; start += 500) {
      await database.write(
        sql`INSERT INTO users (openid, email, created_at, updated_at) VALUES ${rowsOf(rows.slice(start, start + 500))}`,
      )
    }
    const { id } = await campaigns.create({ ...content, audience: { all: true } }, '1')
    const slices: SliceData[] = []
    for (let next = sent.shift(); next !== undefined; next = sent.shift()) {
      if (next.message.type === 'campaign.slice') slices.push(next.message.data as SliceData)
      else {
        const data = next.message.data as { campaignId: string; after: string }
        await Promise.all([campaigns.expand(data), campaigns.expand(data)])
        await campaigns.expand(data)
      }
    }
    const recipients = await database.query<{ email: string }>(
      sql`SELECT email FROM campaign_recipients WHERE campaign_id = ${id}`,
    )
    const mine = recipients.map(({ email }) => email).filter((email) => email.includes(mark))
    // Every fifth has no address, and the last 500 repeat addresses of the first.
    expect(new Set(mine).size).toBe(mine.length)
    expect(mine).toHaveLength(new Set(rows.flatMap(([, email]) => email ?? [])).size)
    const { total, state } = await campaigns.view(id)
    expect([total, state]).toEqual([recipients.length, 'sending'])
    const covered = slices.toSorted((a, b) => a.from - b.from)
    expect(covered[0]?.from).toBe(1)
    for (const [index, slice] of covered.entries())
      expect(slice.from).toBe((covered[index - 1]?.to ?? 0) + 1)
    expect(covered.at(-1)?.to).toBe(total)
  })
})

describe('SendBulkEmail', () => {
  let server: Server
  let reply: (respond: (status: number, body: string) => void, drop: () => void) => void
  beforeAll(async () => {
    server = createServer((request, response) => {
      request.resume().on('end', () =>
        reply(
          (status, body) => response.writeHead(status).end(body),
          () => request.socket.destroy(),
        ),
      )
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    process.env.AWS_ENDPOINT_URL_SESV2 = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())
  const send = () => sendBulkMail(content, ['a@example.com', 'b@example.com'])
  const results = (...entries: object[]) => JSON.stringify({ BulkEmailEntryResults: entries })

  it.each([
    [
      'a status for each',
      200,
      results(
        { Status: 'SUCCESS', MessageId: 'm1' },
        { Status: 'ACCOUNT_THROTTLED', Error: 'slow down' },
      ),
      [
        { state: 'sent', messageId: 'm1' },
        { state: 'later', reason: 'ACCOUNT_THROTTLED slow down' },
      ],
    ],
    [
      'a refusal',
      200,
      results({ Status: 'MESSAGE_REJECTED' }, { Status: 'INVALID_PARAMETER' }),
      [
        { state: 'refused', reason: 'MESSAGE_REJECTED' },
        { state: 'refused', reason: 'INVALID_PARAMETER' },
      ],
    ],
    [
      'too few results',
      200,
      results({ Status: 'SUCCESS', MessageId: 'm1' }),
      [{ state: 'sent', messageId: 'm1' }, { state: 'unknown' }],
    ],
    ['nonsense', 200, '<html>', [{ state: 'unknown' }, { state: 'unknown' }]],
    [
      'a throttled call',
      429,
      '{"__type":"TooManyRequestsException"}',
      [
        { state: 'later', reason: '429 TooManyRequestsException' },
        { state: 'later', reason: '429 TooManyRequestsException' },
      ],
    ],
    [
      'a paused account',
      400,
      '{"type":"SendingPausedException"}',
      [
        { state: 'later', reason: '400 SendingPausedException' },
        { state: 'later', reason: '400 SendingPausedException' },
      ],
    ],
    [
      'a bad request',
      400,
      '{"type":"BadRequestException"}',
      [
        { state: 'refused', reason: '400 BadRequestException' },
        { state: 'refused', reason: '400 BadRequestException' },
      ],
    ],
    ['a server error', 500, '', [{ state: 'unknown' }, { state: 'unknown' }]],
  ] as const)('answered with %s', async (_, status, body, outcomes) => {
    reply = (respond) => respond(status, body)
    expect(await send()).toEqual(outcomes)
  })

  it('without an answer may have been sent; without a connection it was not', async () => {
    reply = (_, drop) => drop()
    expect(await send()).toEqual([{ state: 'unknown' }, { state: 'unknown' }])
    await new Promise((resolve) => server.close(resolve))
    expect(await send()).toMatchObject([{ state: 'later' }, { state: 'later' }])
  })
})
