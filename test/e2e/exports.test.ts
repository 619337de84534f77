import { randomUUID } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import { beforeAll, describe, expect, it } from 'vitest'
import { call, login, newSku, order, paidOrder, until } from '../support/client.ts'

type Export = { id: string; state: string; rows: number; percent: number; url?: string }
type Shown = { orderId: string; status: string; totalFen: number; createdAt: string }
type Line = Record<string, string>

const address = {
  name: '王小明',
  phone: '13800138000',
  province: '浙江省',
  city: '杭州市',
  district: '西湖区',
  detail: '文三路 1 号, "后门"',
}
const REMARK = '=cmd|周末送货'

let admin: string
let token: string
let from: string
let to: string
let orders: Shown[]

const ask = (body: object, as = admin) =>
  call<{ id: string }>('POST', '/api/admin/exports', { token: as, body })
const look = (id: string, as = admin) =>
  call<Export>('GET', `/api/admin/exports/${id}`, { token: as })

/** Exports all of this test's time. @returns the export, and its file as a browser would save it */
async function file(format: string): Promise<{ done: Export; text: string; headers: Headers }> {
  const { status, body } = await ask({ kind: 'orders', from, to, format })
  expect(status).toBe(202)
  const done = await until(
    async () => (await look(body.data.id)).body.data,
    ({ state }) => state === 'done' || state === 'failed',
  )
  expect(done).toMatchObject({ state: 'done', percent: 100 })
  const response = await fetch(done.url ?? '')
  expect(response.status).toBe(200)
  return { done, text: await response.text(), headers: response.headers }
}

beforeAll(async () => {
  from = new Date().toISOString()
  admin = (await login('admin')).accessToken
  token = (await login(`export-${randomUUID()}`)).accessToken
  const skuId = await newSku(admin, 20)
  const place = await call<{ id: string }>('POST', '/api/addresses', { token, body: address })
  const addressed = await call<Shown>('POST', '/api/orders', {
    token,
    body: { items: [{ skuId, quantity: 2 }], addressId: place.body.data.id, remark: REMARK },
    headers: { 'idempotency-key': randomUUID() },
  })
  expect(addressed.status).toBe(202)
  await paidOrder(token, skuId)
  await order(token, skuId)
  const mine = await until(
    async () => (await call<{ items: Shown[] }>('GET', '/api/orders', { token })).body.data.items,
    (items) => items.length === 3 && items.every(({ status }) => status !== 'pending'),
  )
  orders = mine.toReversed()
  to = new Date(Date.now() + 3_600_000).toISOString()
}, 60_000)

describe('an export of orders', () => {
  it('as NDJSON has each order as the API shows it, without what only its buyer needs', async () => {
    const { done, text, headers } = await file('ndjson')
    const lines = text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line))
    expect(done.rows).toBe(lines.length)
    const ours = lines.filter(({ orderId }) => orders.some((order) => order.orderId === orderId))
    for (const [index, line] of ours.entries()) expect(orders[index]).toMatchObject(line)
    expect(ours).toHaveLength(3)
    expect(ours[0]).toMatchObject({ address, remark: REMARK })
    expect(headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8')
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="orders-.*\.ndjson"$/)
  })

  it('as CSV has a line for each item, which no spreadsheet runs', async () => {
    const { done, text, headers } = await file('csv')
    // fetch takes the byte order mark away.
    const lines = parse<Line>(text, { columns: true })
    expect(done.rows).toBe(lines.length)
    const ours = lines.filter(({ orderId }) => orders.some((order) => order.orderId === orderId))
    expect(
      ours.map(({ orderId, status, orderTotalYuan }) => [orderId, status, orderTotalYuan]),
    ).toEqual(
      orders.map(({ orderId, status, totalFen }) => [orderId, status, (totalFen / 100).toFixed(2)]),
    )
    expect(ours[0]).toMatchObject({ ...address, remark: `'${REMARK}`, quantity: '2' })
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8')
  })
})

describe('asking for an export', () => {
  const good = {
    kind: 'orders',
    from: '2026-01-01T00:00:00Z',
    to: '2026-01-02T00:00:00Z',
    format: 'csv',
  }

  it('takes nothing that is not one', async () => {
    const bad: [object, field: string][] = [
      [{ kind: 'users' }, 'kind'],
      [{ format: 'xlsx' }, 'format'],
      [{ to: good.from }, 'to'],
      [{ to: '2025-12-31T00:00:00Z' }, 'to'],
      [{ to: '2027-01-03T00:00:00Z' }, 'to'],
      [{ from: '0001-01-01T00:00:00Z', to: '0001-01-02T00:00:00Z' }, 'from'],
      [{ from: '2026-01-01' }, 'from'],
      [{ from: '2036-01-01T00:00:00Z', to: '2036-01-02T00:00:00Z' }, 'from'],
      [{ from: '2026-01-01T00:00:00+08:00' }, 'from'],
      [{ to: undefined }, 'to'],
      [{ from: 0 }, 'from'],
    ]
    for (const [change, field] of bad) {
      const { status, body } = await ask({ ...good, ...change })
      expect([status, body.code], JSON.stringify(change)).toEqual([400, 40001])
      expect(body.details, JSON.stringify(change)).toMatchObject([{ field }])
    }
    expect((await ask({ ...good, userId: '1' })).body.code).toBe(40001)
  })

  it('and looking at one is for admins only', async () => {
    expect((await ask(good, token)).body.code).toBe(40301)
    expect((await call('POST', '/api/admin/exports', { body: good })).body.code).toBe(40101)
    const { id } = (await ask(good)).body.data
    expect((await look(id, token)).body.code).toBe(40301)
    expect((await look(id)).status).toBe(200)
  })

  it('that is not there is 40401', async () => {
    expect((await look('01KB2Z5GJ9QW8X4V7T3N6M2R1Z')).body.code).toBe(40401)
    expect((await look('nonsense')).body.code).toBe(40001)
  })
})
