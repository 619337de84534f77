import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startWechat, type WeChat } from '../../../../local/wechat/server.ts'
import { standInFolders } from '../folders.ts'
import { Merchant } from './merchant.ts'

const NO = '01JDF3ZZZZZZZZZZZZZZZZZZZZ'
let dir: string
let now: number
let wechat: WeChat
let merchant: Merchant

const newFolder = standInFolders()

beforeEach(async () => {
  dir = newFolder()
  // Half past eleven at night in Beijing.
  now = Date.parse('2026-11-24T15:30:00Z')
  wechat = await startWechat({ dir, now: () => now })
  merchant = new Merchant(wechat, () => now)
  await merchant.trust()
})

afterEach(async () => {
  await wechat.stop()
})

const ask = (query: string) => merchant.call('GET', `/v3/bill/tradebill?${query}`)

async function file(query: string): Promise<Buffer> {
  const { status, body } = await ask(query)
  if (status !== 200) throw new Error(JSON.stringify(body))
  const { pathname, search } = new URL(body.download_url as string)
  const response = await merchant.download(`${pathname}${search}`)
  expect(response.headers.get('wechatpay-signature')).toBeNull()
  const bytes = query.includes('GZIP') ? gunzipSync(response.bytes) : response.bytes
  expect(body.hash_type).toBe('SHA1')
  expect(createHash('sha1').update(bytes).digest('hex')).toBe(body.hash_value)
  return bytes
}

/** @returns the lines of a bill as cells, without their back-ticks */
async function rows(query: string): Promise<string[][]> {
  const text = (await file(query)).toString('utf8')
  expect(text.startsWith('\ufeff交易时间,')).toBe(true)
  const lines = text.slice(1).split('\r\n')
  expect(lines.pop()).toBe('')
  return lines.map((line) =>
    line.split(line.startsWith('`') ? ',`' : ',').map((cell) => cell.replace(/^`/, '')),
  )
}

async function payAndRefund(): Promise<string> {
  await merchant.prepay(NO, { description: '拿铁,大杯' })
  const { transactionId } = (await merchant.mock('pay', { outTradeNo: NO, times: 0 })).body
  now += 60_000
  await merchant.refund(NO, 'R1', 990)
  return transactionId as string
}

test('payments and refunds of a day in Beijing, with their sums', async () => {
  const transactionId = await payAndRefund()
  const [head, payment, refund, sums, sum, ...more] = await rows('bill_date=2026-11-24')
  expect(more).toEqual([])
  const cells = (row: string[] = []) =>
    Object.fromEntries((head ?? []).map((name, index) => [name, row[index]]))
  expect(head).toHaveLength(27)
  expect(payment).toHaveLength(27)
  expect(refund).toHaveLength(27)
  expect(cells(payment)).toMatchObject({
    交易时间: '2026-11-24 23:30:00',
    公众账号ID: wechat.appId,
    商户号: wechat.pay.mchId,
    微信订单号: transactionId,
    商户订单号: NO,
    用户标识: wechat.openidOf('小明'),
    交易类型: 'JSAPI',
    交易状态: 'SUCCESS',
    应结订单金额: '19.90',
    商品名称: '拿铁,大杯',
    手续费: '0.11940',
    订单金额: '19.90',
    申请退款金额: '0.00',
  })
  expect(cells(refund)).toMatchObject({
    交易时间: '2026-11-24 23:31:00',
    微信订单号: transactionId,
    商户订单号: NO,
    交易状态: 'REFUND',
    商户退款单号: 'R1',
    退款金额: '9.90',
    手续费: '-0.05940',
    订单金额: '0.00',
    申请退款金额: '9.90',
  })
  expect(sums?.join()).toBe(
    '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额',
  )
  expect(sum).toEqual(['2', '19.90', '9.90', '0.00', '0.06000', '19.90', '9.90'])
})

test('one kind only, with its own columns', async () => {
  await payAndRefund()
  const [paidHead, paid, , paidSum] = await rows('bill_date=2026-11-24&bill_type=SUCCESS')
  expect([paidHead?.length, paid?.length]).toEqual([20, 20])
  expect(paidHead).not.toContain('微信退款单号')
  expect(paidSum).toEqual(['1', '19.90', '0.00', '0.00', '0.11940', '19.90', '0.00'])
  const [backHead, back, , backSum] = await rows('bill_date=2026-11-24&bill_type=REFUND')
  expect([backHead?.length, back?.length]).toEqual([29, 29])
  expect(back?.[backHead?.indexOf('退款申请时间') ?? 0]).toBe('2026-11-24 23:31:00')
  expect(backSum).toEqual(['1', '0.00', '9.90', '0.00', '-0.05940', '0.00', '9.90'])
})

test('packed, its hash is that of the unpacked file', async () => {
  await payAndRefund()
  const plain = await file('bill_date=2026-11-24')
  expect(await file('bill_date=2026-11-24&tar_type=GZIP')).toEqual(plain)
})

test('a day on which nothing was paid has none', async () => {
  await merchant.prepay(NO)
  now += 3_600_000
  await merchant.mock('pay', { outTradeNo: NO, times: 0 })
  const none = await ask('bill_date=2026-11-24')
  expect(none).toMatchObject({ status: 400, body: { code: 'NO_STATEMENT_EXIST' } })
  expect(await ask('bill_date=2026-11-25')).toMatchObject({ status: 200 })
})

test.each([
  ['/bill_date', ''],
  ['/bill_date', 'bill_date=2026-02-30'],
  ['/bill_date', 'bill_date=2026-11-25'],
  ['/bill_date', 'bill_date=2026-08-01'],
  ['/bill_type', 'bill_date=2026-11-24&bill_type=SOME'],
  ['/tar_type', 'bill_date=2026-11-24&tar_type=ZIP'],
])('a wrong %s is named: %s', async (field, query) => {
  const reply = await ask(query)
  expect(reply).toMatchObject({ status: 400, body: { code: 'PARAM_ERROR', detail: { field } } })
})

test('a link ends after five minutes', async () => {
  await payAndRefund()
  const { body } = await ask('bill_date=2026-11-24')
  const { pathname, search } = new URL(body.download_url as string)
  now += 300_000
  const reply = await merchant.call('GET', `${pathname}${search}`)
  expect(reply).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } })
})
