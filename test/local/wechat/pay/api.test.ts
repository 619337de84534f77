import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startWechat, type WeChat } from '../../../../local/wechat/server.ts'
import { type Json, Merchant } from './merchant.ts'

const MINUTE = 60_000
const START = Date.parse('2026-11-24T12:00:00Z')

let NO: string
let count = 0
let dir: string
let now: number
let wechat: WeChat
let merchant: Merchant

async function start(): Promise<void> {
  wechat = await startWechat({ dir, now: () => now })
  merchant = new Merchant(wechat, () => now)
  await merchant.trust()
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'minimall-wechat-pay-'))
  now = START
  await start()
})

beforeEach(() => {
  now = START
  count += 1
  NO = `01JDF3ZZZZZZZZZZZZZZZZ${count + 1000}`
})

afterAll(async () => {
  await wechat.stop()
  rmSync(dir, { recursive: true, force: true })
})

const pay = (outTradeNo = NO) => merchant.mock('pay', { outTradeNo, times: 0 })
const iso = (millis: number) => new Date(millis).toISOString()
const state = async (outTradeNo = NO) => (await merchant.query(outTradeNo)).body.trade_state

describe('signatures', () => {
  const path = '/v3/certificates'
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const privateKey = other.export({ type: 'pkcs8', format: 'pem' }) as string

  test.each([
    ['no header', { authorization: '' }, '格式错误'],
    [
      'another scheme',
      { authorization: 'Bearer mchid="1",nonce_str="1",signature="1",timestamp="1",serial_no="1"' },
      '认证类型',
    ],
    ['a field missing', { nonce: '' }, '格式错误'],
    ['a timestamp that is no number', { timestamp: Number.NaN }, '格式错误'],
    ['another merchant', { mchid: '1900000001' }, '证书'],
    ['another serial', { serial: '00AA' }, '序列号'],
    ['five minutes and a second ago', { timestamp: START / 1000 - 301 }, '5分钟'],
    ['five minutes and a second ahead', { timestamp: START / 1000 + 301 }, '5分钟'],
    ['another key', { privateKey }, '验签失败'],
    ['another path', { signedTarget: '/v3/other' }, '验签失败'],
    ['no signature at all', { signature: 'AAAA' }, '验签失败'],
  ])('%s is 401 SIGN_ERROR', async (_name, over, words) => {
    const { status, body, headers, text } = await merchant.send('GET', path, undefined, over)
    expect({ status, code: body.code }).toEqual({ status: 401, code: 'SIGN_ERROR' })
    expect(body.message).toContain(words)
    expect(merchant.isSigned(headers, text)).toBe(true)
  })

  test.each([299, -299])('a clock that is %i s off is taken', async (seconds) => {
    const timestamp = START / 1000 + seconds
    expect(await merchant.send('GET', path, undefined, { timestamp })).toMatchObject({
      status: 200,
    })
  })

  test('the query is part of what is signed', async () => {
    const target = `/v3/pay/transactions/id/1?mchid=${wechat.pay.mchId}`
    const over = { signedTarget: '/v3/pay/transactions/id/1' }
    expect(await merchant.send('GET', target, undefined, over)).toMatchObject({ status: 401 })
  })

  test('answers without a body and refusals are signed too', async () => {
    await merchant.prepay(NO)
    expect(await merchant.close(NO)).toMatchObject({ status: 204, text: '' })
    expect(await merchant.query(`UNKN-${NO}`)).toMatchObject({ status: 404 })
    expect(await merchant.call('GET', '/v3/nothing')).toMatchObject({ status: 404 })
  })

  test('a wrong content type is refused', async () => {
    const body = merchant.prepayBody(NO)
    const over = { contentType: 'text/plain' }
    const reply = await merchant.send('POST', '/v3/pay/transactions/jsapi', body, over)
    expect(reply).toMatchObject({ status: 400, body: { code: 'PARAM_ERROR' } })
  })
})

describe('prepay', () => {
  test('the same again is the same prepay_id; other values are refused', async () => {
    const first = await merchant.prepay(NO)
    expect(first.status).toBe(200)
    expect(first.body.prepay_id).toMatch(/^wx20261124200000[0-9a-f]{20}$/)
    const scene_info = { payer_client_ip: '127.0.0.1' }
    expect((await merchant.prepay(NO, { scene_info })).body).toEqual(first.body)
    for (const over of [
      { amount: { total: 1, currency: 'CNY' } },
      { payer: { openid: wechat.openidOf('小红') } },
      { description: 'other' },
      { time_expire: iso(now + 10 * MINUTE) },
    ]) {
      const reply = await merchant.prepay(NO, over)
      expect(reply).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } })
    }
  })

  test.each<[string, Json]>([
    ['/amount/total', { amount: { total: 0 } }],
    ['/amount/total', { amount: { total: 1.5 } }],
    ['/amount/currency', { amount: { total: 1, currency: 'USD' } }],
    ['/payer/openid', { payer: { openid: 'u1' } }],
    ['/payer', { payer: undefined }],
    ['/out_trade_no', { out_trade_no: '12345' }],
    ['/out_trade_no', { out_trade_no: 'a'.repeat(33) }],
    ['/description', { description: '长'.repeat(128) }],
    ['/notify_url', { notify_url: 'http://127.0.0.1/x?a=1' }],
    ['/time_expire', { time_expire: '20261124200000' }],
  ])('a wrong %s is named', async (field, over) => {
    const reply = await merchant.prepay(NO, over)
    expect(reply).toMatchObject({ status: 400, body: { code: 'PARAM_ERROR', detail: { field } } })
  })

  test('the app and the merchant must be those of the key', async () => {
    const app = await merchant.prepay(NO, { appid: 'wx0000000000000000' })
    expect(app).toMatchObject({ status: 400, body: { code: 'APPID_MCHID_NOT_MATCH' } })
    const shop = await merchant.prepay(NO, { mchid: '1900000001' })
    expect(shop).toMatchObject({ status: 400, body: { code: 'MCH_NOT_EXISTS' } })
  })

  test('no JSON is a PARAM_ERROR', async () => {
    const reply = await merchant.call('POST', '/v3/pay/transactions/jsapi', '{')
    expect(reply).toMatchObject({ status: 400, body: { code: 'PARAM_ERROR' } })
  })

  test('a prepay_id ends after two hours, a new one is had by asking again', async () => {
    const first = await merchant.prepay(NO)
    now += 120 * MINUTE
    expect(await pay()).toMatchObject({ status: 409 })
    expect(await state()).toBe('NOTPAY')
    const second = await merchant.prepay(NO)
    expect(second.body.prepay_id).not.toBe(first.body.prepay_id)
    expect(await pay()).toMatchObject({ status: 200 })
  })

  test('after time_expire nobody can pay, and the order stays unpaid until it is closed', async () => {
    const over = { time_expire: iso(now + 15 * MINUTE) }
    await merchant.prepay(NO, over)
    now += 15 * MINUTE
    expect(await pay()).toMatchObject({ status: 409 })
    expect(await merchant.prepay(NO, over)).toMatchObject({ status: 400 })
    expect(await state()).toBe('NOTPAY')
    expect(await merchant.close(NO)).toMatchObject({ status: 204 })
    expect(await state()).toBe('CLOSED')
  })

  test('a time_expire within the next minute is put off to its end', async () => {
    await merchant.prepay(NO, { time_expire: iso(now - MINUTE) })
    now += MINUTE - 1
    expect(await pay()).toMatchObject({ status: 200 })
  })
})

describe('orders', () => {
  test('unpaid, then paid: by either number, with what the shop needs to know', async () => {
    await merchant.prepay(NO, { attach: '附' })
    expect((await merchant.query(NO)).body).toEqual({
      appid: wechat.appId,
      mchid: wechat.pay.mchId,
      out_trade_no: NO,
      trade_state: 'NOTPAY',
      trade_state_desc: '订单未支付',
      promotion_detail: [],
      amount: { total: 1990, payer_currency: 'CNY' },
    })
    const { transactionId } = (await pay()).body
    expect(transactionId).toMatch(/^4200\d{24}$/)
    const { body } = await merchant.query(NO)
    expect(body).toMatchObject({
      transaction_id: transactionId,
      trade_state: 'SUCCESS',
      trade_type: 'JSAPI',
      attach: '附',
      success_time: '2026-11-24T20:00:00+08:00',
      payer: { openid: wechat.openidOf('小明') },
      amount: { total: 1990, payer_total: 1990, currency: 'CNY', payer_currency: 'CNY' },
    })
    const target = `/v3/pay/transactions/id/${transactionId}?mchid=${wechat.pay.mchId}`
    expect((await merchant.call('GET', target)).body).toEqual(body)
  })

  test('a query needs the right merchant and a known order', async () => {
    const target = `/v3/pay/transactions/out-trade-no/${NO}`
    const without = await merchant.call('GET', target)
    expect(without).toMatchObject({ status: 400, body: { code: 'PARAM_ERROR' } })
    const other = await merchant.call('GET', `${target}?mchid=1900000001`)
    expect(other).toMatchObject({ status: 400, body: { code: 'MCH_NOT_EXISTS' } })
    const unknown = await merchant.query(NO)
    expect(unknown).toMatchObject({ status: 404, body: { code: 'ORDER_NOT_EXIST' } })
  })

  test('paid once: neither paid again, nor ordered again, nor closed', async () => {
    await merchant.prepay(NO)
    const first = await pay()
    now += 1000
    expect((await pay()).body.transactionId).toBe(first.body.transactionId)
    for (const reply of [await merchant.prepay(NO), await merchant.close(NO)]) {
      expect(reply).toMatchObject({ status: 400, body: { code: 'ORDERPAID' } })
    }
    expect(await state()).toBe('SUCCESS')
  })

  test('closed: not ordered again; closing it again is fine', async () => {
    await merchant.prepay(NO)
    for (let time = 0; time < 2; time++) expect((await merchant.close(NO)).status).toBe(204)
    const again = await merchant.prepay(NO)
    expect(again).toMatchObject({ status: 400, body: { code: 'ORDER_CLOSED' } })
    expect(await state()).toBe('CLOSED')
  })

  test('closed, with money on its way: it counts all the same', async () => {
    await merchant.prepay(NO)
    await merchant.close(NO)
    expect(await pay()).toMatchObject({ status: 200 })
    expect(await state()).toBe('SUCCESS')
  })

  test('a number that is closed before it is ordered is spent', async () => {
    expect((await merchant.close(NO)).status).toBe(204)
    const reply = await merchant.prepay(NO)
    expect(reply).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } })
    expect(await merchant.query(NO)).toMatchObject({ status: 404 })
  })

  test('a close names its merchant', async () => {
    const target = `/v3/pay/transactions/out-trade-no/${NO}/close`
    const reply = await merchant.call('POST', target, {})
    expect(reply).toMatchObject({ status: 400, body: { code: 'PARAM_ERROR' } })
  })
})

describe('refunds', () => {
  beforeEach(async () => {
    await merchant.prepay(NO)
    await pay()
  })

  test('in parts, up to what was paid', async () => {
    const first = await merchant.refund(NO, `R1${NO}`, 1000)
    expect(first).toMatchObject({
      status: 200,
      body: { status: 'PROCESSING', out_trade_no: NO, amount: { total: 1990, refund: 1000 } },
    })
    expect(first.body.refund_id).toMatch(/^5030\d{25}$/)
    expect(await state()).toBe('REFUND')
    const more = await merchant.refund(NO, `R2${NO}`, 991)
    expect(more).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } })
    expect(await merchant.refund(NO, `R2${NO}`, 990)).toMatchObject({ status: 200 })
    const over = await merchant.refund(NO, `R3${NO}`, 1)
    expect(over).toMatchObject({ body: { code: 'INVALID_REQUEST', message: '订单已全额退款' } })
  })

  test('the same again is the same refund, with other values it is refused', async () => {
    const first = await merchant.refund(NO, `R1${NO}`, 1000, { reason: '不想要了' })
    const again = await merchant.refund(NO, `R1${NO}`, 1000)
    expect(again.body.refund_id).toBe(first.body.refund_id)
    const other = await merchant.refund(NO, `R1${NO}`, 900)
    expect(other).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } })
    await merchant.prepay(`OTHE-${NO}`)
    await pay(`OTHE-${NO}`)
    const elsewhere = await merchant.refund(`OTHE-${NO}`, `R1${NO}`, 1000)
    expect(elsewhere).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } })
    const target = `/v3/refund/domestic/refunds/R1${NO}`
    expect((await merchant.call('GET', target)).body.refund_id).toBe(first.body.refund_id)
  })

  test('by the transaction id as well', async () => {
    const { transaction_id } = (await merchant.query(NO)).body
    const over = { out_trade_no: undefined, transaction_id }
    expect(await merchant.refund('', `R1${NO}`, 1990, over)).toMatchObject({ status: 200 })
  })

  test('only what was paid, and with its true total', async () => {
    const amount = { refund: 1, total: 2000, currency: 'CNY' }
    const total = await merchant.refund(NO, `R1${NO}`, 1, { amount })
    expect(total).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } })
    await merchant.prepay(`UNPA-${NO}`)
    for (const no of [`UNPA-${NO}`, `UNKN-${NO}`]) {
      const reply = await merchant.refund(no, `R1${NO}`, 1)
      expect(reply).toMatchObject({ status: 404, body: { code: 'RESOURCE_NOT_EXISTS' } })
    }
    const nameless = await merchant.refund('', `R1${NO}`, 1, { out_trade_no: undefined })
    expect(nameless).toMatchObject({ status: 400, body: { code: 'PARAM_ERROR' } })
    const unknown = await merchant.call('GET', `/v3/refund/domestic/refunds/R1${NO}`)
    expect(unknown).toMatchObject({ status: 404, body: { code: 'RESOURCE_NOT_EXISTS' } })
  })
})

describe('a restart', () => {
  const restart = async () => {
    await wechat.stop()
    await start()
  }

  test('keeps keys, orders, refunds and closed numbers', async () => {
    const { mchId, mchSerial, apiV3Key, publicKeyId, signer } = wechat.pay
    expect(mchId).toMatch(/^\d{10}$/)
    expect(apiV3Key).toMatch(/^[0-9a-f]{32}$/)
    expect(mchSerial).toMatch(/^[0-9A-F]{40}$/)
    await merchant.prepay(NO)
    const { transactionId } = (await pay()).body
    const { refund_id } = (await merchant.refund(NO, `R1${NO}`, 90)).body
    await merchant.close(`SPEN-${NO}`)
    const unpaid = await merchant.prepay(`UNPA-${NO}`)
    await restart()
    expect(wechat.pay).toMatchObject({ mchId, mchSerial, apiV3Key, publicKeyId, signer })
    expect(await merchant.query(NO)).toMatchObject({
      body: { transaction_id: transactionId, trade_state: 'REFUND' },
    })
    expect((await merchant.refund(NO, `R1${NO}`, 90)).body.refund_id).toBe(refund_id)
    expect((await merchant.prepay(`UNPA-${NO}`)).body).toEqual(unpaid.body)
    expect(await merchant.prepay(`SPEN-${NO}`)).toMatchObject({ status: 400 })
  })

  test('drops a change that a kill cut off, and nothing else', async () => {
    await merchant.prepay(NO)
    await pay()
    await wechat.stop()
    const file = join(dir, 'pay', 'ledger.jsonl')
    const whole = readFileSync(file, 'utf8')
    writeFileSync(file, `${whole}{"order":{"outTradeNo":"${NO}","clo`)
    await start()
    expect(await state()).toBe('SUCCESS')
    await merchant.refund(NO, `R1${NO}`, 90)
    await restart()
    expect(await state()).toBe('REFUND')
  })

  test('secrets can be read by their owner only', () => {
    for (const name of [
      'mch-private-key.pem',
      'api-v3-key',
      'public-key-private.pem',
      'platform.json',
    ]) {
      expect(statSync(join(dir, 'pay', name)).mode & 0o077, name).toBe(0)
    }
  })
})
