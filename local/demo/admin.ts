import { randomUUID } from 'node:crypto'
import type { Client } from '../../client/src/index.ts'
import type { Shop } from './shop.ts'
import { expect, step, until } from './steps.ts'

/** Signs in as an admin and books a delivery of a SKU. */
export async function deliver(admin: Client, sku: { id: string }, units: number): Promise<void> {
  await step('an admin signs in', async () => {
    const { role } = await admin.login()
    expect(role === 'admin', 'is no admin')
    return [role, undefined]
  })
  await step('a delivery is booked', async () => {
    const body = { delta: units, reason: 'demo' }
    const params = { id: sku.id }
    const { available } = await admin.request('POST /api/admin/skus/{id}/stock', { params, body })
    return [`${available} available`, undefined]
  })
}

/** Sends a campaign to three addresses, and looks at the queues. */
export async function campaign(shop: Shop, admin: Client): Promise<void> {
  await step('a campaign reaches three inboxes', async () => {
    const id = randomUUID().slice(0, 8)
    const emails = ['a', 'b', 'c'].map((name) => `${name}-${id}@example.com`)
    const subject = `双十一 ${id}`
    const body = { subject, html: '<h1>全场八折</h1>', text: '全场八折', audience: { emails } }
    const params = await admin.request('POST /api/admin/campaigns', { body })
    const { sent } = await until(
      () => admin.request('GET /api/admin/campaigns/{id}', { params }),
      ({ state }) => state === 'done',
    )
    const arrived = await Promise.all(emails.map((email) => shop.mailsTo(email)))
    const count = arrived.filter((subjects) => subjects.includes(subject)).length
    expect(count === 3, `${count} arrived`)
    return [`${sent} sent, ${count} arrived, see ${shop.ses}`, undefined]
  })
  await step('queues, waiting/dead', async () => {
    const queues = await admin.request('GET /api/admin/queues')
    const said = queues.map(({ name, visible, deadLetters }) => `${name} ${visible}/${deadLetters}`)
    return [said.join(', '), undefined]
  })
}
