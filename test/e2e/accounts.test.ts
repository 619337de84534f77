import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { createDatabase } from '../../shared/platform/database/database.ts'
import { sql } from '../../shared/platform/database/sql.ts'
import { call, login, newSku, type Order, order, stockOf, until } from '../support/client.ts'

const ADDRESS = {
  name: '王小明',
  phone: '00000000000',
  province: '江苏省',
  city: '无锡市',
  district: '滨湖区',
  detail: '太湖大道 1 号',
}

let admin: string
beforeAll(async () => {
  admin = (await login('admin')).accessToken
})

const someone = () => `accounts-${randomUUID()}`
const close = (token: string) => call('DELETE', '/api/user/info', { token })
const refresh = (refreshToken: string) =>
  call('POST', '/api/auth/refresh', { body: { refreshToken } })
/** Other containers find out within the revocation delay. */
const refused = (token: string) =>
  until(
    () => call('GET', '/api/user/info', { token }),
    ({ body }) => body.code === 40103,
  )
const statusOf = async (token: string, orderId: string) =>
  (await call<Order>('GET', `/api/orders/${orderId}`, { token })).body.data.status

/** Pays as a payment notice would, in the database alone. */
async function setState(orderId: string, state: string): Promise<void> {
  const database = createDatabase(inject('endpoints').databaseUrl ?? '')
  await database.write(sql`UPDATE orders SET state = ${state} WHERE id = ${orderId}`)
}

describe('closing an account', () => {
  it('ends its sessions; the same person is somebody new afterwards', async () => {
    const name = someone()
    const [phone, tablet] = [await login(name), await login(name)]
    const token = phone.accessToken
    await call('PATCH', '/api/user/info', {
      token,
      body: { nickname: '小明', email: 'a@b.example' },
    })
    await call('POST', '/api/addresses', { token, body: ADDRESS })
    await call('PUT', `/api/cart/items/${await newSku(admin, 1)}`, { token, body: { quantity: 1 } })

    const closed = await close(token)
    expect([closed.status, closed.body.data]).toEqual([200, null])
    await refused(phone.accessToken)
    await refused(tablet.accessToken)
    for (const { refreshToken } of [phone, tablet]) {
      expect((await refresh(refreshToken)).body.code).toBe(40103)
    }

    const again = await login(name)
    expect(again.user).toEqual({ id: again.user.id, nickname: '', role: 'user' })
    expect(again.user.id).not.toBe(phone.user.id)
    const seen = async (path: string) =>
      (await call<unknown>('GET', path, { token: again.accessToken })).body.data
    expect(await seen('/api/addresses')).toEqual([])
    expect(await seen('/api/cart')).toEqual({ items: [], totalFen: 0 })
    expect(await seen('/api/orders')).toEqual({ items: [], nextCursor: null })
  })

  it('cancels what is not paid, and gives its stock back', async () => {
    const { accessToken: token } = await login(someone())
    const sku = await newSku(admin, 5)
    const first = await order(token, sku, { quantity: 2 })
    await until(
      () => statusOf(token, first.body.data.orderId),
      (status) => status === 'unpaid',
    )
    await order(token, sku)
    expect(await stockOf(admin, sku)).toMatchObject({ held: 3 })
    expect((await close(token)).status).toBe(200)
    expect(await stockOf(admin, sku)).toMatchObject({ received: 5, held: 0, available: 5 })
  })

  it('waits until what is paid for is delivered or paid back', async () => {
    const { accessToken: token } = await login(someone())
    const sku = await newSku(admin, 5)
    const { orderId } = (await order(token, sku)).body.data
    const unpaid = (await order(token, sku)).body.data.orderId
    await until(
      () => statusOf(token, orderId),
      (status) => status === 'unpaid',
    )
    for (const state of ['paid', 'shipped', 'refunding']) {
      await setState(orderId, state)
      const { status, body } = await close(token)
      expect([status, body.code]).toEqual([409, 40910])
      expect(body.details).toEqual([{ orderId, status: state }])
    }
    // Refused, it has changed nothing.
    expect(['pending', 'unpaid']).toContain(await statusOf(token, unpaid))
    await setState(orderId, 'completed')
    expect((await close(token)).status).toBe(200)
  })

  it('is for who is signed in, and closes nobody else', async () => {
    expect((await call('DELETE', '/api/user/info')).body.code).toBe(40101)
    const [alice, bob] = [await login(someone()), await login(someone())]
    expect((await close(alice.accessToken)).status).toBe(200)
    const { body } = await call('GET', '/api/user/info', { token: bob.accessToken })
    expect(body).toMatchObject({ code: 0, data: { id: bob.user.id } })
  })

  it('happens once, however often it is asked for', async () => {
    const { accessToken: token } = await login(someone())
    const answers = await Promise.all(Array.from({ length: 8 }, () => close(token)))
    for (const { body } of answers) expect([0, 40103]).toContain(body.code)
    expect(answers.some(({ body }) => body.code === 0)).toBe(true)
  })
})

describe('signing out everywhere', () => {
  it('ends all sessions of the user and of nobody else', async () => {
    const name = someone()
    const [phone, tablet, other] = [await login(name), await login(name), await login(someone())]
    const ended = await call('DELETE', '/api/auth/sessions', { token: phone.accessToken })
    expect([ended.status, ended.body.data]).toEqual([200, null])
    for (const { accessToken, refreshToken } of [phone, tablet]) {
      await refused(accessToken)
      expect((await refresh(refreshToken)).body.code).toBe(40103)
    }
    expect((await refresh(other.refreshToken)).status).toBe(200)
    expect((await login(name)).user.id).toBe(phone.user.id)
  })
})
