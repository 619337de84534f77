import { randomUUID } from 'node:crypto'
import { ulid } from 'ulid'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  createNotifications,
  type NotificationDeps,
} from '../../../shared/domain/notifications/notifications.ts'
import {
  createNotificationRecord,
  type NotificationOutcome,
} from '../../../shared/domain/notifications/record.ts'
import type { NotificationKey } from '../../../shared/domain/notifications/repository.ts'
import type { OrderView } from '../../../shared/domain/orders/order.ts'
import { database } from '../../../shared/platform/database/database.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { PermanentError } from '../../../shared/platform/jobs/job.ts'
import type { Shipment, SubscribeMessage } from '../../../shared/platform/wechat/api.ts'
import { WechatRefused } from '../../../shared/platform/wechat/errors.ts'
import { viewOf } from '../../support/orders.ts'

const AT = '2026-11-24T08:00:00.000Z'
const record = createNotificationRecord(database())
const rowsOf = (orderId: string) =>
  database().query<{ news: string; channel: string; state: string; detail: string | null }>(
    sql`SELECT news, channel, state, detail FROM order_notices WHERE order_id = ${orderId} ORDER BY channel`,
  )
const makeStale = (orderId: string) =>
  database().write(
    sql`UPDATE order_notices SET claimed_at = ${new Date(Date.now() - 600_000)} WHERE order_id = ${orderId}`,
  )
const refused = (errcode: number) => Promise.reject(new WechatRefused('/path', errcode))

describe('a notice', () => {
  let key: NotificationKey
  let times: number
  const send = async (): Promise<NotificationOutcome> => {
    times += 1
    return { state: 'sent' }
  }
  beforeEach(() => {
    key = { orderId: ulid(), news: 'paid', channel: 'subscribe' }
    times = 0
  })

  it('is sent once, though it comes ten times at once and again', async () => {
    await Promise.allSettled(Array.from({ length: 10 }, () => record.once(key, 'send', send)))
    await record.once(key, 'send', send)
    expect(times).toBe(1)
  })

  it('that failed is sent again', async () => {
    const fail = () => Promise.reject(new Error('down'))
    await expect(record.once(key, 'send', fail)).rejects.toThrow('down')
    await record.once(key, 'send', send)
    expect(times).toBe(1)
  })

  it('whose delivery died waits until that is certain, and then is sent by one, or left', async () => {
    const dying = () => new Promise<never>(() => {})
    void record.once(key, 'send', dying)
    const mail: NotificationKey = { ...key, channel: 'mail' }
    void record.once(mail, 'leave', dying)
    await expect.poll(() => rowsOf(key.orderId)).toHaveLength(2)
    await expect(record.once(key, 'send', send)).rejects.toThrow('another delivery')
    await makeStale(key.orderId)
    const five = Array.from({ length: 5 }, () => record.once(key, 'send', send))
    await Promise.allSettled([...five, record.once(mail, 'leave', send)])
    expect(times).toBe(1)
    expect(await rowsOf(key.orderId)).toMatchObject([
      { channel: 'mail', state: 'unknown' },
      { channel: 'subscribe', state: 'sent' },
    ])
  })
})

describe('news of an order', () => {
  let order: OrderView
  let messages: SubscribeMessage[]
  let shipments: Shipment[]
  const template = { id: 'x'.repeat(43), page: 'p?id={orderId}', data: { thing1: '{status}' } }
  const telling = (over: Partial<NotificationDeps> = {}) =>
    createNotifications({
      record,
      readOrder: async (orderId) => (orderId === order.orderId ? order : undefined),
      openidOf: async () => 'o-1',
      templates: { paid: template, shipped: template },
      mchId: '1900000001',
      sendSubscribe: async (message) => {
        messages.push(message)
      },
      uploadShipping: async (shipment) => {
        shipments.push(shipment)
      },
      ...over,
    })
  const moved = (to: 'paid' | 'shipped' | 'refunded') => ({
    orderId: order.orderId,
    userId: '7',
    to,
  })

  beforeEach(() => {
    const address = {
      name: '小明',
      phone: '+86 138-0013-8000',
      province: 'a',
      city: 'b',
      district: 'c',
      detail: 'd',
    }
    const shipment = { carrier: 'sf', trackingNo: 'SF1', shippedAt: AT }
    order = viewOf({ orderId: ulid(), address, shipment })
    messages = []
    shipments = []
  })

  it('goes to the buyer, and what was shipped to WeChat, each once', async () => {
    const notifications = telling()
    for (const to of ['paid', 'shipped', 'refunded', 'shipped', 'paid'] as const) {
      await notifications.tell(moved(to), AT)
    }
    const page = `p?id=${order.orderId}`
    expect(messages).toEqual([
      { openid: 'o-1', templateId: template.id, page, data: { thing1: '已付款' } },
      { openid: 'o-1', templateId: template.id, page, data: { thing1: '已发货' } },
    ])
    expect(shipments).toEqual([
      {
        mchId: '1900000001',
        outTradeNo: order.orderId,
        openid: 'o-1',
        carrier: 'SF',
        trackingNo: 'SF1',
        description: '测试商品×1',
        receiverPhone: '****8000',
      },
    ])
  })

  it('names the phone of nobody to other carriers than SF', async () => {
    order = { ...order, shipment: { carrier: 'YTO', trackingNo: 'Y1', shippedAt: AT } }
    await telling().tell(moved('shipped'), AT)
    expect(shipments[0]).not.toHaveProperty('receiverPhone')
  })

  it('leaves out a parcel of SF without an address, which WeChat would never take', async () => {
    const { address: _, ...rest } = order
    order = rest
    await telling().tell(moved('shipped'), AT)
    expect([messages.length, shipments.length]).toEqual([1, 0])
    expect((await rowsOf(order.orderId)).map(({ state }) => state)).toEqual(['dropped', 'sent'])
  })

  it.each([
    ['顺丰速运', 'SF'],
    ['圆通', 'YTO'],
    ['zto', 'ZTO'],
    ['隔壁老王', undefined],
  ])('names a parcel of %s to WeChat as %s', async (carrier, code) => {
    order = { ...order, shipment: { carrier, trackingNo: 'X1', shippedAt: AT } }
    await telling().tell(moved('shipped'), AT)
    expect(shipments.map((shipment) => shipment.carrier)).toEqual(code === undefined ? [] : [code])
  })

  it('that WeChat has no use for is done: not subscribed, shipped before', async () => {
    const notifications = telling({
      sendSubscribe: () => refused(43101),
      uploadShipping: () => refused(10060023),
    })
    await notifications.tell(moved('shipped'), AT)
    expect(await rowsOf(order.orderId)).toEqual([
      { news: 'shipped', channel: 'shipping', state: 'dropped', detail: 'errcode 10060023' },
      { news: 'shipped', channel: 'subscribe', state: 'dropped', detail: 'errcode 43101' },
    ])
    await telling().tell(moved('shipped'), AT)
    expect([messages, shipments]).toEqual([[], []])
  })

  it('that a template can not take is for a person to look at, and goes out once it is mended', async () => {
    const wrong = telling({ sendSubscribe: () => refused(47003) })
    await expect(wrong.tell(moved('paid'), AT)).rejects.toThrow(PermanentError)
    expect(await rowsOf(order.orderId)).toEqual([])
    await telling().tell(moved('paid'), AT)
    expect(messages).toHaveLength(1)
  })

  it('that can be told in part is tried again for the rest, however the other part fails', async () => {
    const busy = telling({ sendSubscribe: () => refused(40037), uploadShipping: () => refused(-1) })
    const error = await busy.tell(moved('shipped'), AT).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(WechatRefused)
    await expect(
      telling({ sendSubscribe: () => refused(40037) }).tell(moved('shipped'), AT),
    ).rejects.toThrow(PermanentError)
    expect(shipments).toHaveLength(1)
    await telling().tell(moved('shipped'), AT)
    expect([messages.length, shipments.length]).toEqual([1, 1])
  })

  it('is told to nobody who is gone, and not where it has no template', async () => {
    await telling({ openidOf: async () => undefined }).tell(moved('paid'), AT)
    await telling({ templates: {} }).tell(moved('paid'), AT)
    expect(await rowsOf(order.orderId)).toEqual([])
    const lost = { ...moved('paid'), orderId: ulid() }
    await expect(telling().tell(lost, AT)).rejects.toThrow(PermanentError)
  })

  it('leaves no trace of what it said', async () => {
    order = { ...order, remark: randomUUID() }
    await telling().tell(moved('paid'), AT)
    expect(JSON.stringify(await rowsOf(order.orderId))).not.toContain(order.remark)
  })
})
