import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { call, login, newSku } from '../support/client.ts'

type Address = { id: string; name: string; isDefault: boolean }
const HOME = {
  name: '王小明',
  phone: '00000000000',
  province: '江苏省',
  city: '无锡市',
  district: '滨湖区',
  detail: '太湖大道 1 号',
}

let token: string
beforeAll(async () => {
  token = (await login(`addresses-${randomUUID()}`)).accessToken
})

const list = async () => (await call<Address[]>('GET', '/api/addresses', { token })).body.data
const add = async (over: object = {}) =>
  (await call<Address>('POST', '/api/addresses', { token, body: { ...HOME, ...over } })).body.data
const defaults = async () => (await list()).filter(({ isDefault }) => isDefault).map(({ id }) => id)

describe('addresses', () => {
  it('have exactly one default, whatever is added, changed and deleted', async () => {
    expect(await list()).toEqual([])
    const first = await add()
    expect(first).toMatchObject({ ...HOME, isDefault: true })
    const second = await add({ name: '李四', isDefault: true })
    expect(await defaults()).toEqual([second.id])
    const third = await add()
    expect(third.isDefault).toBe(false)

    const path = (id: string) => `/api/addresses/${id}`
    const body = { ...HOME, name: '赵六', isDefault: false }
    const changed = await call<Address>('PUT', path(second.id), { token, body })
    expect(changed.body.data).toMatchObject({ name: '赵六', isDefault: true })
    await call('PUT', path(first.id), { token, body: { ...HOME, isDefault: true } })
    expect(await defaults()).toEqual([first.id])
    await call('DELETE', path(first.id), { token })
    expect(await defaults()).toEqual([third.id])
    expect((await call('DELETE', path(first.id), { token })).body.code).toBe(40401)

    const many = await Promise.all(Array.from({ length: 8 }, () => add({ isDefault: true })))
    expect(many).toHaveLength(8)
    expect(await defaults()).toHaveLength(1)
  })

  it('end at fifty', async () => {
    const { accessToken } = await login(`addresses-${randomUUID()}`)
    const create = () => call('POST', '/api/addresses', { token: accessToken, body: HOME })
    const codes = (await Promise.all(Array.from({ length: 55 }, create))).map(
      ({ body }) => body.code,
    )
    expect(codes.filter((code) => code === 0)).toHaveLength(50)
    expect(codes.filter((code) => code === 40905)).toHaveLength(5)
  })

  it('belong to their user: to others they do not exist, and nothing changes', async () => {
    const mine = await add()
    const other = (await login('mallory')).accessToken
    const path = `/api/addresses/${mine.id}`
    const put = await call('PUT', path, { token: other, body: { ...HOME, name: '坏人' } })
    const del = await call('DELETE', path, { token: other })
    expect([put.body.code, del.body.code]).toEqual([40401, 40401])
    expect(await list()).toContainEqual(mine)
    const items = [{ skuId: await newSku((await login('admin')).accessToken, 1), quantity: 1 }]
    const body = { items, addressId: mine.id }
    const headers = { 'idempotency-key': randomUUID() }
    const order = await call('POST', '/api/orders', { token: other, headers, body })
    expect(order.body.code).toBe(40401)
  })

  it('are kept by an order as they were', async () => {
    const address = await add({ name: '收件人' })
    const items = [{ skuId: await newSku((await login('admin')).accessToken, 1), quantity: 1 }]
    const headers = { 'idempotency-key': randomUUID() }
    const body = { items, addressId: address.id }
    const placed = await call<{ orderId: string }>('POST', '/api/orders', { token, headers, body })
    await call('DELETE', `/api/addresses/${address.id}`, { token })
    const order = await call('GET', `/api/orders/${placed.body.data.orderId}`, { token })
    expect(order.body.data).toMatchObject({ address: { ...HOME, name: '收件人' } })
  })

  it.each([
    ['a phone that is none', { phone: 'call me' }, 'phone'],
    ['no name', { name: ' ' }, 'name'],
    ['a line break', { detail: 'a\nb' }, 'detail'],
    ['an id of its own', { id: '1' }, 'id'],
  ])('are refused with %s', async (_, over, field) => {
    const answer = await call('POST', '/api/addresses', { token, body: { ...HOME, ...over } })
    expect(answer.body).toMatchObject({ code: 40001, details: [{ field }] })
  })
})
