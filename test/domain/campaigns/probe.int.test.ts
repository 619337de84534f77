import { randomUUID } from 'node:crypto'
import { expect, inject, it } from 'vitest'
import { createCampaigns } from '../../../shared/domain/campaigns/campaigns.ts'
import { createSlices } from '../../../shared/domain/campaigns/slice.ts'
import { createDatabase } from '../../../shared/platform/database/database.ts'
import { createOutbox } from '../../../shared/platform/outbox/outbox.ts'
import { rowsOf, sql } from '../../../shared/platform/database/sql.ts'

const setup = () => {
  const database = createDatabase(inject('endpoints').databaseUrl ?? '')
  const sent: any[] = []
  const reserved: number[] = []
  const queue: any = { async send(_: any, m: any) { sent.push(...m); return { failed: [] } } }
  const campaigns = createCampaigns({ database, outbox: createOutbox(database, queue) })
  const job = createSlices({ database, queue, pace: { reserve: async (n: number) => { reserved.push(n); return { granted: true, waitMillis: 0 } } } as any,
    sendBulk: async (_: any, to: any) => to.map(() => ({ state: 'sent', messageId: randomUUID() })) })
  return { database, sent, campaigns, job, reserved }
}
it('is done when the last step finds nobody new', async () => {
  const { database, sent, campaigns, job } = setup()
  const now = new Date()
  await database.write(sql`DELETE FROM users WHERE email LIKE 'stuck%'`)
  const [{ n }] = await database.query<any>(sql`SELECT COUNT(*) AS n FROM users`) as any
  const need = 1000 - (Number(n) % 1000)
  await database.write(sql`INSERT INTO users (openid, email, created_at, updated_at) VALUES ${rowsOf(Array.from({ length: need }, (_, i) => [randomUUID(), `stuck${i}@example.com`, now, now]))}`)
  const { id } = await campaigns.create({ subject: 's', html: 'h', audience: { all: true } }, '1')
  for (let m = sent.shift(); m; m = sent.shift()) {
    if (m.message.type === 'campaign.expand') { sent.length ? sent.push(m) : await campaigns.expand(m.message.data) } else await job.send(m.message.data)
  }
  expect(await campaigns.view(id)).toMatchObject({ state: 'done' })
})
it('a redelivery reserves nothing', async () => {
  const { sent, campaigns, job, reserved } = setup()
  await campaigns.create({ subject: 's', html: 'h', audience: { emails: ['a@example.com'] } }, '1')
  const s = sent.shift().message.data
  await job.send(s); await job.send(s)
  expect(reserved).toEqual([1])
})
