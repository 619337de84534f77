import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startWechat, type WeChat } from '../../../../local/wechat/server.ts'
import { standInFolders } from '../folders.ts'
import { type Json, Merchant, type Received, Shop } from './merchant.ts'

type Notice = {
  id: string
  event_type: string
  resource_type: string
  resource: { ciphertext: string; nonce: string; associated_data: string; original_type: string }
}

const NO = '01JDF3ZZZZZZZZZZZZZZZZZZZZ'
let dir: string
let wechat: WeChat
let merchant: Merchant
let shop: Shop

const newFolder = standInFolders()

beforeEach(async () => {
  dir = newFolder()
  shop = await new Shop().start()
  wechat = await startWechat({ dir })
  merchant = new Merchant(wechat)
  await merchant.trust()
  await merchant.prepay(NO, { notify_url: shop.url })
})

afterEach(async () => {
  await wechat.stop()
  await shop.stop()
})

const pay = (over: Json = {}) => merchant.mock('pay', { outTradeNo: NO, ...over })
const state = async () => (await merchant.query(NO)).body.trade_state
const noticeOf = ({ body }: Received) => JSON.parse(body) as Notice
const contentOf = (received: Received) =>
  JSON.parse(merchant.open(noticeOf(received).resource)) as Json
const isSigned = ({ headers, body }: Received) => merchant.isSigned(headers, body)

describe('the notice of a payment', () => {
  test('is signed, encrypted, and says what the query says', async () => {
    const { status, body } = await pay()
    expect(status).toBe(200)
    expect(body.deliveries).toEqual([{ status: 204 }])
    const [received] = await shop.until(1)
    if (received === undefined) throw new Error('unreachable')
    expect(isSigned(received)).toBe(true)
    expect(noticeOf(received)).toMatchObject({
      event_type: 'TRANSACTION.SUCCESS',
      resource_type: 'encrypt-resource',
      resource: { algorithm: 'AEAD_AES_256_GCM', original_type: 'transaction' },
    })
    const content = contentOf(received)
    expect(content).toEqual((await merchant.query(NO)).body)
    expect(content.transaction_id).toBe(body.transactionId)
  })

  test('comes as often as asked, and again for an order that is paid: always the same', async () => {
    const first = await pay({ times: 5 })
    expect(first.body.deliveries).toHaveLength(5)
    const again = await pay()
    expect(again.body.transactionId).toBe(first.body.transactionId)
    const received = await shop.until(6)
    expect(new Set(received.map((one) => noticeOf(one).id)).size).toBe(1)
    expect(new Set(received.map((one) => JSON.stringify(contentOf(one)))).size).toBe(1)
  })

  test('can be lost', async () => {
    expect(await pay({ times: 0 })).toMatchObject({ status: 200, body: { deliveries: [] } })
    expect(await state()).toBe('SUCCESS')
    expect(shop.received).toHaveLength(0)
  })

  test('can come late, when the order is paid already', async () => {
    const started = performance.now()
    const paying = pay({ delayMs: 200 })
    while ((await state()) !== 'SUCCESS') expect(performance.now() - started).toBeLessThan(200)
    expect(shop.received).toHaveLength(0)
    await paying
    const [received] = await shop.until(1)
    expect((received?.at ?? 0) - started).toBeGreaterThanOrEqual(199)
  })

  test('of a refunded order is still that of its payment', async () => {
    await pay()
    await merchant.refund(NO, 'R1', 1990)
    await pay()
    const [, received] = await shop.until(2)
    expect(contentOf(received as Received)).toMatchObject({ trade_state: 'SUCCESS' })
    expect(await state()).toBe('REFUND')
  })
})

describe('a forged notice', () => {
  test.each(['signature', 'body', 'timestamp'])('%s: no shop may believe it', async (tamper) => {
    expect(await pay({ tamper })).toMatchObject({ status: 200, body: { deliveries: [{}] } })
    const [received] = await shop.until(1)
    expect(isSigned(received as Received)).toBe(false)
    expect(noticeOf(received as Received).event_type).toBe('TRANSACTION.SUCCESS')
    expect(await state()).toBe('NOTPAY')
  })

  test('timestamp: rightly signed, six minutes ago', async () => {
    await pay({ tamper: 'timestamp' })
    const { headers, body } = (await shop.until(1))[0] as Received
    const sixMinutesAgo = new Merchant(wechat, () => Date.now() - 360_000)
    for (const [serial, key] of merchant.trusted) sixMinutesAgo.trusted.set(serial, key)
    expect(sixMinutesAgo.isSigned(headers, body)).toBe(true)
  })

  test('amount: rightly signed, with another amount inside', async () => {
    await pay({ tamper: 'amount' })
    const [received] = await shop.until(1)
    expect(isSigned(received as Received)).toBe(true)
    expect(contentOf(received as Received)).toMatchObject({
      out_trade_no: NO,
      amount: { total: 1, payer_total: 1 },
    })
    expect(await state()).toBe('NOTPAY')
  })

  test('of a paid order has its transaction id, and leaves it paid', async () => {
    const { transactionId } = (await pay()).body
    expect((await pay({ tamper: 'amount' })).body.transactionId).toBe(transactionId)
    expect(await state()).toBe('SUCCESS')
  })

  test('is not repeated when it is refused', async () => {
    shop.status = 401
    await pay({ tamper: 'signature' })
    shop.status = 500
    await pay()
    const [forged, first, second] = (await shop.until(3)).map((one) => noticeOf(one).id)
    expect(first).not.toBe(forged)
    expect(second).toBe(first)
  })
})

describe('a notice that did not get through', () => {
  test('is repeated until the shop takes it', async () => {
    shop.status = 500
    const { body } = await pay({ times: 2 })
    const failed = { status: 500, body: { code: 'FAIL', message: 'no' } }
    expect(body.deliveries).toEqual([failed, failed])
    shop.status = 204
    const received = await shop.until(3)
    expect((received[2]?.at ?? 0) - (received[1]?.at ?? 0)).toBeGreaterThan(900)
    expect(new Set(received.map((one) => noticeOf(one).id)).size).toBe(1)
    expect(received.every(isSigned)).toBe(true)
  })

  test('says why the shop could not be reached', async () => {
    await shop.stop()
    const { body } = await pay()
    expect(body.deliveries).toEqual([{ status: 0, body: expect.stringContaining('ECONNREFUSED') }])
    expect(await state()).toBe('SUCCESS')
  })
})

describe('a refund', () => {
  test('is on its way, then there, and the shop hears of it', async () => {
    await pay({ times: 0 })
    const { body } = await merchant.refund(NO, 'R1', 990, { notify_url: shop.url })
    expect(body.status).toBe('PROCESSING')
    const [received] = await shop.until(1)
    expect(isSigned(received as Received)).toBe(true)
    expect(noticeOf(received as Received)).toMatchObject({
      event_type: 'REFUND.SUCCESS',
      resource: { original_type: 'refund' },
    })
    expect(contentOf(received as Received)).toMatchObject({
      mchid: wechat.pay.mchId,
      out_trade_no: NO,
      out_refund_no: 'R1',
      refund_id: body.refund_id,
      refund_status: 'SUCCESS',
      amount: { total: 1990, refund: 990, payer_total: 1990, payer_refund: 990 },
    })
    const now = await merchant.call('GET', '/v3/refund/domestic/refunds/R1')
    expect(now.body).toMatchObject({ status: 'SUCCESS', success_time: expect.any(String) })
  })

  test('goes on after a restart', async () => {
    await pay({ times: 0 })
    await merchant.refund(NO, 'R1', 990, { notify_url: shop.url })
    await wechat.stop()
    expect(shop.received).toHaveLength(0)
    wechat = await startWechat({ dir })
    const [received] = await shop.until(1)
    expect(contentOf(received as Received)).toMatchObject({ refund_status: 'SUCCESS' })
  })

  test('asked for twice comes once', async () => {
    await pay({ times: 0 })
    const over = { notify_url: shop.url }
    const asking = () => merchant.refund(NO, 'R1', 990, over)
    const [one, two] = await Promise.all([asking(), asking()])
    expect(one.body.refund_id).toBe(two.body.refund_id)
    await shop.until(1)
    await pay()
    const events = (await shop.until(2)).map((received) => noticeOf(received).event_type)
    expect(events).toEqual(['REFUND.SUCCESS', 'TRANSACTION.SUCCESS'])
  })
})

describe('rotation', () => {
  const serialNow = async () =>
    (await merchant.send('GET', '/v3/certificates')).headers.get('wechatpay-serial')

  test('a new certificate signs, and the one before stays valid beside it', async () => {
    const [old] = await merchant.trust()
    const { body } = await merchant.mock('rotate', {})
    expect(body.serial).not.toBe(old)
    expect(await serialNow()).toBe(body.serial)
    await expect(merchant.query(NO)).rejects.toThrow('not signed')
    expect(await merchant.trust()).toEqual([old, body.serial])
    expect(await state()).toBe('NOTPAY')
    await pay()
    const [received] = await shop.until(1)
    expect(received?.headers.get('wechatpay-serial')).toBe(body.serial)
    expect(isSigned(received as Received)).toBe(true)
  })

  test('to the public key, and back to a certificate', async () => {
    const { body } = await merchant.mock('rotate', { to: 'public-key' })
    expect(body.serial).toBe(wechat.pay.publicKeyId)
    expect(body.serial).toMatch(/^PUB_KEY_ID_\d+$/)
    expect(await state()).toBe('NOTPAY')
    await pay()
    const [received] = await shop.until(1)
    expect(received?.headers.get('wechatpay-serial')).toBe(wechat.pay.publicKeyId)
    expect(isSigned(received as Received)).toBe(true)
    await wechat.stop()
    wechat = await startWechat({ dir })
    expect(wechat.pay.signer.serial).toBe(wechat.pay.publicKeyId)
    merchant = new Merchant(wechat)
    await merchant.mock('rotate', { to: 'certificate' })
    expect(wechat.pay.signer.serial).not.toBe(wechat.pay.publicKeyId)
  })

  test('at most three certificates are listed', async () => {
    for (let time = 0; time < 3; time++) await merchant.mock('rotate', {})
    const serials = await merchant.trust()
    expect(serials).toHaveLength(3)
    expect(serials.at(-1)).toBe(wechat.pay.signer.serial)
  })
})

describe('bad input', () => {
  test.each([
    ['pay', {}, ['outTradeNo']],
    [
      'pay',
      { outTradeNo: 1, times: -1, tamper: 'x', delayMs: 0.5 },
      ['outTradeNo', 'times', 'tamper', 'delayMs'],
    ],
    ['pay', { outTradeNo: NO, more: 1 }, ['more']],
    ['pay', '{', ['body']],
    ['pay', '[]', ['body']],
    ['rotate', { to: 'x' }, ['to']],
  ])('/mock/%s %j names its fields', async (path, body, fields) => {
    const reply = await merchant.mock(path, body)
    expect(reply).toMatchObject({ status: 400, body: { fields } })
  })

  test('an unknown order is 404', async () => {
    const reply = await merchant.mock('pay', { outTradeNo: 'UNKNOWN1' })
    expect(reply).toMatchObject({
      status: 404,
      body: { message: expect.stringContaining('no such') },
    })
  })
})

describe('faults', () => {
  const fault = (body: Json) => merchant.mock('faults', body)

  test('answer 500 SYSTEM_ERROR, signed, and change nothing', async () => {
    await fault({ path: '/v3/pay/transactions/out-trade-no/{no}/close', errorRate: 1 })
    expect(await merchant.close(NO)).toMatchObject({ status: 500, body: { code: 'SYSTEM_ERROR' } })
    expect(await state()).toBe('NOTPAY')
    await fault({})
    expect(await merchant.close(NO)).toMatchObject({ status: 204 })
  })

  test.each([
    ['FREQUENCY_LIMITED', 429],
    ['NOT_ENOUGH', 403],
    ['OUT_TRADE_NO_USED', 403],
    ['SOMETHING_NEW', 400],
    [-1, 500],
  ])('with errcode %s have its status %i', async (errcode, status) => {
    await fault({ path: '/v3/*', errcode })
    const code = typeof errcode === 'string' ? errcode : 'SYSTEM_ERROR'
    expect(await merchant.query(NO)).toMatchObject({ status, body: { code } })
  })

  test('of one order leave the others alone', async () => {
    await merchant.prepay('OTHER-1')
    await fault({ path: `/v3/pay/transactions/out-trade-no/${NO}`, errcode: 'SYSTEM_ERROR' })
    expect(await merchant.query(NO)).toMatchObject({ status: 500 })
    expect(await merchant.query('OTHER-1')).toMatchObject({ status: 200 })
  })
})

test('calls are listed, without keys, signatures or amounts', async () => {
  await pay()
  const text = await (await fetch(`${wechat.url}/mock/calls`)).text()
  expect(JSON.parse(text).calls).toEqual([
    { method: 'GET', path: '/v3/certificates', at: expect.any(String) },
    { method: 'POST', path: '/v3/pay/transactions/jsapi', at: expect.any(String) },
  ])
})

test('the first page says what this is and what it answers', async () => {
  const page = (await (await fetch(wechat.url)).json()) as { what: string; routes: string[] }
  expect(page.what).toContain('stand-in')
  expect(page.routes).toEqual(
    expect.arrayContaining(['GET /sns/jscode2session', 'POST /mock/pay', 'GET /v3/certificates']),
  )
})
