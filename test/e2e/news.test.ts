import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { call, login, newSku, order, type Tokens, until } from '../support/client.ts'

type Told = { kind: string; data?: Record<string, { value: string }> } & Record<string, unknown>
type Inbox = {
  emails: { subject: string; destination: { to: string[] }; body: { html: string; text: string } }[]
}

const wechat = (path: string, body: unknown) =>
  fetch(`${inject('endpoints').wechat}${path}`, { method: 'POST', body: JSON.stringify(body) })

/** What WeChat took about an order. */
async function toldOf(orderId: string): Promise<Told[]> {
  const reply = await fetch(`${inject('endpoints').wechat}/mock/messages`)
  const { messages } = (await reply.json()) as { messages: Told[] }
  return messages.filter((message) => JSON.stringify(message).includes(orderId))
}

async function mailsTo(email: string): Promise<Inbox['emails']> {
  const inbox = (await (await fetch(`${inject('endpoints').ses}/store`)).json()) as Inbox
  return inbox.emails.filter(({ destination }) => destination.to.includes(email))
}

let admin: string
let skuId: string
beforeAll(async () => {
  admin = (await login('admin')).accessToken
  skuId = await newSku(admin, 20)
})

/** Somebody with an address, whose phone speaks a language. */
async function buyer(acceptLanguage: string) {
  const name = `buyer-${randomUUID()}`
  const { body } = await call<Tokens>('POST', '/api/auth/login', {
    body: { code: `mock:${name}:${randomUUID()}` },
    headers: { 'accept-language': acceptLanguage },
  })
  const token = body.data.accessToken
  const email = `${name}@example.com`
  await call('PATCH', '/api/user/info', { token, body: { email } })
  return { name, token, email }
}

async function statusOf(token: string, orderId: string): Promise<string> {
  const { body } = await call<{ status: string }>('GET', `/api/orders/${orderId}`, { token })
  return body.data.status
}

/** Places an order and pays it, as a mini-program and WeChat do. */
async function paidOrder(token: string): Promise<string> {
  const placed = await order(token, skuId)
  const { orderId } = placed.body.data
  await until(
    () => statusOf(token, orderId),
    (status) => status === 'unpaid',
  )
  expect((await call('POST', `/api/orders/${orderId}/pay`, { token })).status).toBe(200)
  await wechat('/mock/pay', { outTradeNo: orderId, times: 3 })
  return orderId
}

describe('an order', () => {
  it('is told about when it is paid, shipped and refunded, once each, in WeChat and by mail', async () => {
    const { token, email } = await buyer('zh-CN,zh;q=0.9')
    const orderId = await paidOrder(token)
    const told = (count: number) =>
      until(
        () => toldOf(orderId),
        ({ length }) => length === count,
      )
    const mails = (count: number) =>
      until(
        () => mailsTo(email),
        ({ length }) => length === count,
      )

    expect((await told(1))[0]?.data?.phrase4).toEqual({ value: '已付款' })
    expect((await mails(1))[0]?.subject).toBe('minimall：已收到您的付款 ¥19.90')

    const parcel = { carrier: 'YTO', trackingNo: 'YT0001' }
    await call('POST', `/api/admin/orders/${orderId}/ship`, { token: admin, body: parcel })
    const shipped = (await told(3)).slice(1)
    expect(shipped.map(({ kind }) => kind).toSorted()).toEqual(['shipping', 'subscribe'])
    expect(shipped.find(({ kind }) => kind === 'subscribe')?.data).toMatchObject({
      thing2: { value: 'YTO' },
      character_string3: { value: 'YT0001' },
    })
    expect((await mails(2))[1]?.body.html).toContain('YT0001')

    const grant = { reason: '缺货' }
    const granted = await call('POST', `/api/admin/orders/${orderId}/refund`, {
      token: admin,
      body: grant,
    })
    expect(granted.status, granted.body.message).toBe(200)
    expect((await told(4))[3]?.data?.amount2).toEqual({ value: '¥19.90' })
    expect((await mails(3))[2]?.subject).toBe('minimall：已退款 ¥19.90')
    expect(await statusOf(token, orderId)).toBe('refunded')
  })

  it('is told about in English to who reads that, and by mail alone to who has not subscribed', async () => {
    const { name, token, email } = await buyer('en-US,en;q=0.9')
    await wechat('/mock/subscriptions', { name, accepts: false })
    const orderId = await paidOrder(token)
    const [mail] = await until(
      () => mailsTo(email),
      ({ length }) => length === 1,
    )
    expect(mail?.subject).toBe('minimall: your payment of ¥19.90')
    expect(await toldOf(orderId)).toEqual([])
    type Queue = { name: string; deadLetters: number; visible: number; inFlight: number }
    const notify = await until(
      async () => {
        const { body } = await call<Queue[]>('GET', '/api/admin/queues', { token: admin })
        return body.data.find(({ name: queue }) => queue === 'notify')
      },
      (queue) => queue?.visible === 0 && queue.inFlight === 0,
    )
    expect(notify?.deadLetters).toBe(0)
  })
})
