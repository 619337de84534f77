import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { ROOT } from '../../local/root.ts'
import { createDatabase } from '../../shared/platform/database/database.ts'
import { sql } from '../../shared/platform/database/sql.ts'
import { digest } from '../../shared/platform/idempotency/canonical.ts'
import {
  type Answer,
  call,
  login,
  newSku,
  order,
  paidOrder,
  type StockView,
  stockOf,
  type Tokens,
  until,
} from '../support/client.ts'
import { operations } from '../support/contract.ts'

let admin: Tokens
let sku: string
beforeAll(async () => {
  admin = await login('admin')
  sku = await newSku(admin.accessToken, 100)
})

type Asked = { params?: Record<string, string>; body?: unknown }

const keyed = operations
  .filter(({ operation }) => operation.parameters.some(({ name }) => name === 'Idempotency-Key'))
  .map(({ method, path, operation }) => ({ method: method.toUpperCase(), path, operation }))
type Keyed = (typeof keyed)[number]

const isForAdmins = ({ operation }: Keyed) => operation.description?.includes('admins') === true

/** A request of the route's sample event, but for what `asked` says. */
function ask({ method, path, operation }: Keyed, by: Tokens, asked: Asked, key: string) {
  const words = operation.operationId.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  const file = join(ROOT, 'events', `${words.replace('-', '/')}.json`)
  const sample = JSON.parse(readFileSync(file, 'utf8'))
  const { params, body = sample.body && JSON.parse(sample.body) } = asked
  const filled = path.replace(/\{(\w+)\}/g, (_, part: string) => params?.[part] ?? '')
  return call<Record<string, unknown>>(method, params ? filled : sample.rawPath, {
    token: by.accessToken,
    headers: { 'idempotency-key': key },
    ...(body === undefined ? {} : { body }),
  })
}

const idOf = async (answer: Promise<Answer<{ id: string }>>) => (await answer).body.data.id
const address = {
  name: '王小明',
  phone: '13800138000',
  province: '江苏省',
  city: '无锡市',
  district: '滨湖区',
  detail: '1 号',
}
const newAddress = ({ accessToken: token }: Tokens) =>
  idOf(call('POST', '/api/addresses', { token, body: address }))
function newCoupon(): Promise<string> {
  const terms = { name: '减', kind: 'amount', amountFen: 1, thresholdFen: 2, perUser: 2, total: 9 }
  const body = { ...terms, validUntil: '2036-01-01T00:00:00Z' }
  return idOf(call('POST', '/api/admin/coupons', { token: admin.accessToken, body }))
}
const paid = ({ accessToken }: Tokens) => paidOrder(accessToken, sku)
async function placed({ accessToken }: Tokens): Promise<string> {
  return (await order(accessToken, sku)).body.data.orderId
}
async function shipped(by: Tokens): Promise<string> {
  const id = await paid(by)
  const body = { carrier: 'SF', trackingNo: 'SF1' }
  await call('POST', `/api/admin/orders/${id}/ship`, { token: admin.accessToken, body })
  return id
}

/** What routes need so that there is something to do; the others do with their sample. */
const SCENES: Record<string, (by: Tokens, name: string) => Promise<Asked>> = {
  addressesRemove: async (by) => ({ params: { id: await newAddress(by) } }),
  addressesReplace: async (by) => ({ params: { id: await newAddress(by) }, body: address }),
  authEndSession: async (_, name) => {
    const { accessToken } = await login(name)
    const { body } = await call<{ id: string; current: boolean }[]>('GET', '/api/auth/sessions', {
      token: accessToken,
    })
    return { params: { id: body.data.find(({ current }) => current)?.id ?? '' } }
  },
  campaignsCreate: async () => {
    const audience = { emails: [`${randomUUID()}@example.com`] }
    return { body: { subject: 'x', html: '<p>x</p>', audience } }
  },
  cartPut: async () => ({ params: { skuId: sku }, body: { quantity: 2 } }),
  cartRemove: async ({ accessToken: token }) => {
    await call('PUT', `/api/cart/items/${sku}`, { token, body: { quantity: 1 } })
    return { params: { skuId: sku } }
  },
  catalogCreate: async () => ({
    // Under a title that no other test looks for.
    body: { title: randomUUID(), categoryId: '1', skus: [{ title: 'x', priceFen: 1, stock: 1 }] },
  }),
  couponsChange: async () => ({ params: { id: await newCoupon() } }),
  couponsClaim: async () => ({ params: { id: await newCoupon() } }),
  ordersAdminRefund: async (by) => ({ params: { id: await paid(by) } }),
  ordersCancel: async (by) => ({ params: { id: await placed(by) } }),
  ordersConfirm: async (by) => ({ params: { id: await shipped(by) } }),
  ordersCreate: async () => ({ body: { items: [{ skuId: sku, quantity: 1 }] } }),
  ordersPay: async (by) => ({ params: { id: await placed(by) } }),
  ordersRefund: async (by) => ({ params: { id: await paid(by) } }),
  ordersShip: async (by) => ({ params: { id: await paid(by) } }),
  stockChange: async () => ({
    params: { id: await newSku(admin.accessToken, 3) },
    // All there is: done twice, it would be refused.
    body: { delta: -3, reason: 'x' },
  }),
  usersPhone: async () => ({ body: { code: `phone:13800138000:${randomUUID()}` } }),
}

/**
 * What a route whose answer was never kept does when it runs again, where it is not all the same: its
 * effect is not in the database, or goes on by itself.
 */
const AGAIN: Record<string, (first: Answer<never>, again: Answer<never>) => void> = {
  // The order's own key is in the order path.
  ordersCreate: () => {},
  // Redis has ended it: there is none any more.
  authEndSession: (_, { body }) => expect(body.code).toBe(40401),
  // What was moved is moved.
  opsRedrive: (_, { status }) => expect(status).toBe(200),
  // The same payment, signed anew.
  ordersPay: (first, again) => expect(again.body.data).toMatchObject(packageOf(first.body.data)),
  // Granted once; WeChat has gone on meanwhile.
  ordersAdminRefund: (_, { body }) => {
    const { history } = body.data as { history: { step: string }[] }
    expect(history.filter(({ step }) => step === 'grantRefund')).toHaveLength(1)
  },
}
const packageOf = (data: { package?: string }) => ({ package: data.package })

/** Forgets that a request was answered, as if the function had died between its commit and its answer. */
async function forgetAnswer({ method, path }: Keyed, user: string, key: string): Promise<void> {
  const database = createDatabase(inject('endpoints').databaseUrl ?? '')
  await database.write(
    sql`UPDATE idempotency_keys SET answer = NULL
        WHERE user_id = ${user} AND slot = ${digest([method, path, key])}`,
  )
}

describe.concurrent('every route that changes something, sent again with its key', () => {
  it.each(keyed)('$method $path answers the same and is done once', async (route) => {
    const { operationId } = route.operation
    const name = `idempotency-${randomUUID()}`
    const shopper = await login(name)
    const asked = (await SCENES[operationId]?.(shopper, name)) ?? {}
    const by = isForAdmins(route) ? admin : shopper
    const key = randomUUID()
    const first = await ask(route, by, asked, key)
    if (operationId in SCENES) expect(first.status, JSON.stringify(first.body)).toBeLessThan(300)
    const second = await ask(route, by, asked, key)
    expect(second.status).toBe(first.status)
    expect({ ...second.body, traceId: '' }).toEqual({ ...first.body, traceId: '' })
    expect(second.body.traceId).not.toBe(first.body.traceId)

    await forgetAnswer(route, by.user.id, key)
    const third = await ask(route, by, asked, key)
    const compare = AGAIN[operationId]
    if (compare !== undefined) compare(first as Answer<never>, third as Answer<never>)
    else expect([third.status, third.body.data]).toEqual([first.status, first.body.data])
  })
})

describe('an Idempotency-Key', () => {
  const receive = (key: string, body: object, by = admin) =>
    call<StockView>('POST', `/api/admin/skus/${sku}/stock`, {
      token: by.accessToken,
      headers: { 'idempotency-key': key },
      body,
    })

  it('is done once when it comes 50 times at once', async () => {
    const before = await stockOf(admin.accessToken, sku)
    const key = randomUUID()
    const send = () => receive(key, { delta: 7, reason: 'x' })
    const answers = await Promise.all(Array.from({ length: 50 }, send))
    for (const { status, headers, body } of answers) {
      if (status === 200) continue
      expect([status, body.code]).toEqual([409, 40903])
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    }
    const { body } = await until(send, ({ status }) => status === 200)
    for (const answer of answers.filter(({ status }) => status === 200))
      expect(answer.body.data).toEqual(body.data)
    expect(await stockOf(admin.accessToken, sku)).toMatchObject({ received: before.received + 7 })
  })

  it('is refused with another body, and changes nothing; fields in another order are no other body', async () => {
    const key = randomUUID()
    const { status, body } = await receive(key, { delta: 1, reason: 'x' })
    expect(status).toBe(200)
    const other = await receive(key, { delta: 2, reason: 'x' })
    expect([other.status, other.body.code]).toEqual([422, 42201])
    const turned = await receive(key, { reason: 'x', delta: 1 })
    expect(turned.body.data).toEqual(body.data)
    const elsewhere = await call(
      'POST',
      `/api/admin/skus/${await newSku(admin.accessToken, 1)}/stock`,
      {
        token: admin.accessToken,
        headers: { 'idempotency-key': key },
        body: { delta: 1, reason: 'x' },
      },
    )
    expect(elsewhere.body.code).toBe(42201)
    expect(await stockOf(admin.accessToken, sku)).toEqual(body.data)
  })

  it('is its user’s alone', async () => {
    const key = randomUUID()
    const [alice, bob] = [await login(`a-${randomUUID()}`), await login(`b-${randomUUID()}`)]
    const add = (by: Tokens) =>
      call<{ id: string }>('POST', '/api/addresses', {
        token: by.accessToken,
        headers: { 'idempotency-key': key },
        body: address,
      })
    const [hers, his] = [await add(alice), await add(bob)]
    expect([hers.status, his.status]).toEqual([201, 201])
    expect(his.body.data.id).not.toBe(hers.body.data.id)
  })

  it('gets its refusal again, though what was refused could be done by now', async () => {
    const own = await newSku(admin.accessToken, 1)
    const take = (key: string) =>
      call('POST', `/api/admin/skus/${own}/stock`, {
        token: admin.accessToken,
        headers: { 'idempotency-key': key },
        body: { delta: -3, reason: 'x' },
      })
    const key = randomUUID()
    const refused = await take(key)
    expect(refused.body).toMatchObject({ code: 40901, details: [{ skuId: own }] })
    const body = { delta: 5, reason: 'x' }
    await call('POST', `/api/admin/skus/${own}/stock`, { token: admin.accessToken, body })
    expect({ ...(await take(key)).body, traceId: '' }).toEqual({ ...refused.body, traceId: '' })
    expect((await take(randomUUID())).status).toBe(200)
  })

  it.each(['', 'a key', 'x'.repeat(129)])('of a wrong form is no key: "%s"', async (key) => {
    const { body } = await receive(key, { delta: 1, reason: 'x' })
    expect(body).toMatchObject({ code: 40001, details: [{ field: 'Idempotency-Key' }] })
  })
})
