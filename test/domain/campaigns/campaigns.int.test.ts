import { randomUUID } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { type CampaignDeps, createCampaigns } from '../../../shared/domain/campaigns/campaigns.ts'
import type { SliceData } from '../../../shared/domain/campaigns/messages.ts'
import { createSlices } from '../../../shared/domain/campaigns/slice.ts'
import {
  createDatabase,
  type Database,
  type Queryable,
} from '../../../shared/platform/database/database.ts'
import { rowsOf, type Sql, sql } from '../../../shared/platform/database/sql.ts'
import { PermanentError } from '../../../shared/platform/jobs/job.ts'
import type { MailOutcome } from '../../../shared/platform/mail/ses.ts'
import type { OutboxRow } from '../../../shared/platform/outbox/outbox.ts'
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
/** In memory: the table is shared with tests that empty it. */
const outbox: CampaignDeps['outbox'] = {
  async add(tx) {
    // Rows that were not part of the transaction would outlive its rollback.
    expect(tx).not.toBe(database)
  },
  async deliver(rows) {
    sent.push(...rows)
    return rows.length
  },
}
const reserved: number[] = []
const pace = {
  reserve: async (permits: number) => {
    reserved.push(permits)
    return { granted: true, waitMillis: 0 }
  },
}
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
  campaigns = createCampaigns({ database, outbox })
})
beforeEach(() => {
  sent.length = 0
  mails.length = 0
  reserved.length = 0
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
    expect(delays.slice(0, 11)).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900])
    // SES counts its daily quota over the last 24 hours: not to give up before.
    const hours = delays.reduce((sum, seconds) => sum + seconds, 0) / 3600
    expect(Math.round(hours)).toBe(24)
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

  it('takes permits for those whom it sends to, and none for nobody', async () => {
    const { slices } = await newCampaign(3)
    const slice = slices[0] as SliceData
    const later: MailOutcome = { state: 'later', reason: 'THROTTLED' }
    await mailing((email) =>
      email === 'r1@example.com' ? later : { state: 'sent', messageId: randomUUID() },
    ).send(slice)
    await mailing().send(slice)
    await mailing().send(slice)
    expect(reserved).toEqual([3, 1])
  })

  it('does not get into the way of the others of its campaign', async () => {
    const { id, slices } = await newCampaign(4000)
    const job = mailing()
    const eight = Array.from({ length: 8 }, async () => {
      for (let slice = slices.shift(); slice !== undefined; slice = slices.shift())
        await job.send(slice)
    })
    await Promise.all(eight)
    expect(await campaigns.view(id)).toMatchObject({ state: 'done', sent: 4000 })
  })
})

describe('a mail that comes back', () => {
  const longAgo = new Date(0).toISOString()
  const messageId = randomUUID()
  const bounce = { messageId, kind: 'Bounce' } as const
  let job: ReturnType<typeof mailing>
  beforeAll(() => {
    job = mailing(() => ({ state: 'sent', messageId }))
  })

  it('before SES has answered is heard when it is delivered again', async () => {
    const { id, slices } = await newCampaign(1)
    await expect(job.bounced(bounce, new Date().toISOString())).rejects.toThrow('not known yet')
    await job.send(slices[0] as SliceData)
    await job.bounced(bounce, new Date().toISOString())
    expect(await campaigns.view(id)).toMatchObject({ state: 'done', sent: 0, failed: 1 })
    expect(await errorsOf(id)).toEqual([{ state: 'failed', error: 'Bounce' }])
  })

  it('again changes nothing, and is not waited for', async () => {
    await job.bounced({ messageId, kind: 'Complaint' }, new Date().toISOString())
    const [row] = await database.query<{ error: string }>(
      sql`SELECT error FROM campaign_recipients WHERE message_id = ${messageId}`,
    )
    expect(row?.error).toBe('Bounce')
  })

  it('and is none of a campaign is let go', async () => {
    await job.bounced({ messageId: randomUUID(), kind: 'Bounce' }, longAgo)
  })
})

describe('an audience of all users', () => {
  const now = new Date()
  const mark = randomUUID().slice(0, 8)
  async function addUsers(emails: readonly (string | null)[]): Promise<void> {
    for (let start = 0; start < emails.length; start += 500) {
      const rows = emails
        .slice(start, start + 500)
        .map((email) => [`o-${randomUUID()}`, email, now, now])
      await database.write(
        sql`INSERT INTO users (openid, email, created_at, updated_at) VALUES ${rowsOf(rows)}`,
      )
    }
  }
  /** Expands to the end, `step` being one delivery of a message. @returns the slices */
  async function expandAll(step: (data: Expansion) => Promise<unknown>): Promise<SliceData[]> {
    const slices: SliceData[] = []
    for (let next = sent.shift(); next !== undefined; next = sent.shift()) {
      if (next.message.type === 'campaign.slice') slices.push(next.message.data as SliceData)
      else await step(next.message.data as Expansion)
    }
    return slices.toSorted((a, b) => a.from - b.from)
  }
  const emailsOf = async (id: string) => {
    const rows = await database.query<{ email: string }>(
      sql`SELECT email FROM campaign_recipients WHERE campaign_id = ${id}`,
    )
    return rows.map(({ email }) => email)
  }

  beforeAll(() =>
    // Every fifth has no address, and the last 500 repeat addresses of the first.
    addUsers(
      Array.from({ length: 2500 }, (_, index) =>
        index % 5 === 0 ? null : `U${index % 2000}-${mark}@example.com`,
      ),
    ),
  )

  it('is found step by step, each step once, whatever dies and whatever comes twice', async () => {
    const { id } = await campaigns.create({ ...content, audience: { all: true } }, '1')
    const crashing = createCampaigns({
      database,
      outbox: { ...outbox, add: () => Promise.reject(new Error('died within the step')) },
    })
    const left: OutboxRow[] = []
    const dying = createCampaigns({
      database,
      outbox: {
        ...outbox,
        deliver: async (rows) => {
          left.push(...rows)
          throw new Error('died after the step')
        },
      },
    })
    const slices = await expandAll(async (data) => {
      const before = await emailsOf(id)
      await expect(crashing.expand(data)).rejects.toThrow('died within')
      expect(await emailsOf(id)).toHaveLength(before.length)
      await Promise.allSettled([dying.expand(data), dying.expand(data)])
      await campaigns.expand(data)
      // As the relay does, from the rows that the step committed.
      await outbox.deliver(left.splice(0))
    })
    const emails = await emailsOf(id)
    const mine = emails.filter((email) => email.includes(mark))
    expect(mine).toHaveLength(1600)
    expect(new Set(emails).size).toBe(emails.length)
    expect(mine.every((email) => email === email.toLowerCase())).toBe(true)
    expect(await campaigns.view(id)).toMatchObject({ state: 'sending', total: emails.length })
    for (const [index, slice] of slices.entries())
      expect(slice.from).toBe((slices[index - 1]?.to ?? 0) + 1)
    expect(slices.at(-1)?.to).toBe(emails.length)
  })

  it('is done even if the last step finds nobody new after all slices were sent', async () => {
    await addUsers(Array.from({ length: 1500 }, () => `same-${mark}@example.com`))
    const { id } = await campaigns.create({ ...content, audience: { all: true } }, '1')
    const job = mailing()
    // The slices of a step overtake the message for the next.
    for (let next = sent.shift(); next !== undefined; next = sent.shift()) {
      if (next.message.type === 'campaign.slice') await job.send(next.message.data as SliceData)
      else if (sent.length > 0) sent.push(next)
      else await campaigns.expand(next.message.data as Expansion)
    }
    const { state, total, sent: reached } = await campaigns.view(id)
    expect([state, reached]).toEqual(['done', total])
  })
})

describe('the statements of a campaign', () => {
  it('go through an index, and those of a slice touch no more than the slice', async () => {
    const plans: Plan[] = []
    const explaining = <T extends Queryable>(target: T): T => {
      const explain = async (statement: Sql) => {
        const { sql: text, values } = statement
        if (/^\s*INSERT/.test(text)) return
        plans.push(...(await target.query<Plan>({ sql: `EXPLAIN ${text}`, values } as Sql)))
      }
      return {
        ...target,
        query: async <Row>(statement: Sql) => {
          await explain(statement)
          return target.query<Row>(statement)
        },
        write: async (statement: Sql) => {
          await explain(statement)
          return target.write(statement)
        },
      }
    }
    const explained: Database = {
      ...explaining(database),
      transaction: (work) => database.transaction((tx) => work(explaining(tx))),
    }
    const { id, slices } = await newCampaign(5000)
    const job = createSlices({
      database: explained,
      queue,
      pace,
      sendBulk: async (_, to) => to.map(() => ({ state: 'sent', messageId: randomUUID() })),
    })
    for (const slice of slices.slice(0, 60)) await mailing().send(slice)
    await job.send(slices[60] as SliceData)
    await job.bounced({ messageId: randomUUID(), kind: 'Bounce' }, new Date(0).toISOString())
    await createCampaigns({ database: explained, outbox }).view(id)
    expect(plans.length).toBeGreaterThan(8)
    const scans = plans.filter(
      ({ table, key, rows }) =>
        table !== null && (key === null || (key === 'PRIMARY' && Number(rows) > 100)),
    )
    expect(scans).toEqual([])
  })
})

type Expansion = { campaignId: string; after: string }
type Plan = { table: string | null; key: string | null; rows: string | number }
