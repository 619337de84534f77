import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startWechat, type WeChat } from '../../../../local/wechat/server.ts'
import {
  createWechatPay,
  NoticeRefused,
  type WechatPay,
} from '../../../../shared/platform/wechat/pay/index.ts'
import { type Json, Merchant, type Received, Shop } from './merchant.ts'

// The shop's own client and the stand-in were written apart from each other: here they meet.

const MINUTE = 60_000
let dir: string
let now = Date.parse('2026-11-24T12:00:00Z')
let wechat: WeChat
let shop: Shop
let client: WechatPay
let count = 0
let outTradeNo: string

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'minimall-wechat-client-'))
  shop = await new Shop().start()
  wechat = await startWechat({ dir, now: () => now })
  const { mchId, mchSerial, mchPrivateKey, apiV3Key, publicKeyId, publicKey } = wechat.pay
  client = createWechatPay({
    url: wechat.url,
    appId: wechat.appId,
    mchId,
    mchSerial,
    privateKey: mchPrivateKey,
    apiV3Key,
    publicKey: { id: publicKeyId, pem: publicKey },
    apiUrl: new URL(shop.url).origin,
    now: () => now,
  })
})

beforeEach(() => {
  count += 1
  outTradeNo = `01JDF3ZZZZZZZZZZZZZZZZ${1000 + count}`
  shop.received.length = 0
})

afterAll(async () => {
  await wechat.stop()
  await shop.stop()
  rmSync(dir, { recursive: true, force: true })
})

const order = () => ({
  outTradeNo,
  description: '拿铁',
  amountFen: 1990,
  openid: wechat.openidOf('小明'),
  expiresAt: '2026-11-25T12:00:00.000Z',
})
const pay = (over: Json = {}) => new Merchant(wechat).mock('pay', { outTradeNo, ...over })
const read = ({ headers, body }: Received) =>
  client.readPaymentNotice(Object.fromEntries(headers), Buffer.from(body))
const refund = (outRefundNo: string, refundFen: number) =>
  client.refund({ outTradeNo, outRefundNo, refundFen, totalFen: 1990, reason: '不想要了' })

test('an order is prepared, paid, told of, and refunded', async () => {
  expect(await client.query(outTradeNo)).toBeUndefined()
  const prepayId = await client.prepay(order())
  expect(await client.prepay(order())).toBe(prepayId)
  expect(await client.query(outTradeNo)).toEqual({ outTradeNo, state: 'NOTPAY', amountFen: 1990 })
  const { transactionId } = (await pay()).body
  const { transaction } = await read((await shop.until(1))[0] as Received)
  expect(transaction).toEqual(await client.query(outTradeNo))
  expect(transaction).toMatchObject({ transactionId, state: 'SUCCESS', amountFen: 1990 })
  expect(await client.close(outTradeNo)).toBe('paid')
  await expect(client.prepay(order())).rejects.toMatchObject({ code: 'ORDERPAID' })

  const asked = await refund(`R${outTradeNo}`, 990)
  expect(asked).toMatchObject({ state: 'PROCESSING', refundFen: 990 })
  const [, told] = await shop.until(2)
  const { headers, body } = told as Received
  const notice = await client.readRefundNotice(Object.fromEntries(headers), Buffer.from(body))
  expect(notice.refund).toMatchObject({ state: 'SUCCESS', refundId: asked.refundId })
  expect(await client.queryRefund(`R${outTradeNo}`)).toEqual(notice.refund)
  await expect(refund(`S${outTradeNo}`, 1001)).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  const rows = await client.tradeBill('2026-11-24')
  expect(rows.filter((row) => row.outTradeNo === outTradeNo)).toEqual([
    { outTradeNo, transactionId, state: 'SUCCESS', amountFen: 1990, refundFen: 0 },
    {
      outTradeNo,
      transactionId,
      state: 'REFUND',
      amountFen: 0,
      outRefundNo: `R${outTradeNo}`,
      refundId: asked.refundId,
      refundFen: 990,
    },
  ])
})

test('a closed order is closed, and cannot be prepared again', async () => {
  await client.prepay(order())
  expect(await client.close(outTradeNo)).toBe('closed')
  expect(await client.close(outTradeNo)).toBe('closed')
  expect(await client.query(outTradeNo)).toMatchObject({ state: 'CLOSED' })
  await expect(client.prepay(order())).rejects.toMatchObject({ code: 'ORDER_CLOSED' })
  expect(await client.queryRefund('nothing')).toBeUndefined()
  expect(await client.tradeBill('2026-11-01')).toEqual([])
})

test.each(['signature', 'body', 'timestamp'])('a forged notice is refused: %s', async (tamper) => {
  await client.prepay(order())
  await pay({ tamper })
  const [received] = await shop.until(1)
  await expect(read(received as Received)).rejects.toBeInstanceOf(NoticeRefused)
})

test('an amount that is not the order’s is seen by whoever compares it', async () => {
  await client.prepay(order())
  await pay({ tamper: 'amount' })
  const { transaction } = await read((await shop.until(1))[0] as Received)
  expect(transaction).toMatchObject({ outTradeNo, amountFen: 1 })
  expect(await client.query(outTradeNo)).toMatchObject({ state: 'NOTPAY' })
})

test.each([{}, { to: 'public-key' }, { to: 'certificate' }])(
  'after rotation %j answers and notices are still believed',
  async (body) => {
    await new Merchant(wechat).mock('rotate', body)
    // The client leaves some seconds between two looks at the certificates.
    now += MINUTE
    await client.prepay(order())
    await pay()
    const { transaction } = await read((await shop.until(1))[0] as Received)
    expect(transaction.outTradeNo).toBe(outTradeNo)
  },
)

test('a fault is an outage, a code of WeChat Pay its refusal', async () => {
  const merchant = new Merchant(wechat)
  await merchant.mock('faults', { path: '/v3/pay/*', errorRate: 1 })
  await expect(client.query(outTradeNo)).rejects.toMatchObject({ name: 'Unavailable' })
  await merchant.mock('faults', { path: '/v3/pay/*', errcode: 'OUT_TRADE_NO_USED' })
  await expect(client.prepay(order())).rejects.toMatchObject({ code: 'OUT_TRADE_NO_USED' })
  await merchant.mock('faults', {})
})
