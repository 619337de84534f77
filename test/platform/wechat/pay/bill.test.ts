import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Unavailable } from '../../../../shared/platform/errors/standard.ts'
import { parseBill } from '../../../../shared/platform/wechat/pay/bill.ts'
import { createWechatPay, type WechatPay } from '../../../../shared/platform/wechat/pay/index.ts'
import { fenOfYuan, plainText } from '../../../../shared/platform/wechat/pay/text.ts'
import {
  APP_ID,
  anyText,
  configOf,
  type Fake,
  type Say,
  startFake,
} from '../../../support/wechat-pay.ts'

const NAMES =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,' +
  '付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,' +
  '退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注'
const SUM_NAMES =
  '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额'
const SUMS = '`2,`19.99,`5.00,`0.00,`0.12000,`19.99,`5.00'

const PAYMENT: Record<string, string> = {
  交易时间: '2026-11-23 20:00:01',
  公众账号ID: APP_ID,
  商户号: '1900000109',
  微信订单号: '4200000000202611231234567890',
  商户订单号: 'ORDER-1',
  用户标识: 'o-payer',
  交易类型: 'JSAPI',
  交易状态: 'SUCCESS',
  货币种类: 'CNY',
  应结订单金额: '19.99',
  微信退款单号: '0',
  商户退款单号: '0',
  商品名称: '茶, 新, 100克',
  手续费: '0.12000',
  订单金额: '19.99',
  申请退款金额: '0.00',
}
const REFUND = {
  ...PAYMENT,
  交易状态: 'REFUND',
  微信退款单号: '50000000382019052709732678859',
  商户退款单号: 'REFUND-1',
  退款状态: 'SUCCESS',
  订单金额: '0.00',
  申请退款金额: '5.00',
}
const billOf = (lines: Record<string, string>[], names = NAMES, end = '\r\n') =>
  [
    names,
    ...lines.map((line) =>
      names
        .split(',')
        .map((name) => `\`${line[name] ?? ''}`)
        .join(','),
    ),
    SUM_NAMES,
    SUMS,
    '',
  ].join(end)
const ROWS = [
  {
    outTradeNo: 'ORDER-1',
    transactionId: '4200000000202611231234567890',
    state: 'SUCCESS',
    amountFen: 1999,
    refundFen: 0,
  },
  {
    outTradeNo: 'ORDER-1',
    transactionId: '4200000000202611231234567890',
    state: 'REFUND',
    amountFen: 0,
    outRefundNo: 'REFUND-1',
    refundId: '50000000382019052709732678859',
    refundFen: 500,
  },
]

describe('a bill', () => {
  it('is read by the names of its columns, commas in titles or not', () => {
    expect(parseBill(billOf([PAYMENT, REFUND]), APP_ID)).toEqual(ROWS)
    const backwards = NAMES.split(',').reverse().join(',')
    expect(parseBill(`\ufeff${billOf([PAYMENT, REFUND], backwards, '\n')}`, APP_ID)).toEqual(ROWS)
  })

  it('of a day without lines has no rows', () => {
    expect(parseBill(billOf([]), APP_ID)).toEqual([])
  })

  it('leaves out lines of the merchant’s other apps', () => {
    const other = { ...PAYMENT, 公众账号ID: 'wx-other', 货币种类: 'USD' }
    expect(parseBill(billOf([other, PAYMENT]), APP_ID)).toEqual(ROWS.slice(0, 1))
  })

  it.each([
    ['lacks a column', billOf([PAYMENT]).replace('商户订单号', '订单')],
    ['was cut off', billOf([PAYMENT]).split(SUM_NAMES)[0]?.trimEnd() ?? ''],
    ['has a line that is too short', billOf([PAYMENT]).replace(',`\r\n', '\r\n')],
    ['has a line that is too long', billOf([PAYMENT]).replace(',`\r\n', ',`,`\r\n')],
    ['knows another state', billOf([{ ...PAYMENT, 交易状态: 'NEW' }])],
    ['is in dollars', billOf([{ ...PAYMENT, 货币种类: 'USD' }])],
    ['has an amount that is none', billOf([{ ...PAYMENT, 订单金额: '19.995' }])],
    ['is empty', ''],
  ])('that %s is not read in part', (_, text) => {
    expect(() => parseBill(text, APP_ID)).toThrow()
  })

  it('gives back any line, whatever the title of the goods', () => {
    const title = anyText.map((text) => plainText(text, 127))
    const line = fc.record({ title, fen: fc.nat(10 ** 9), order: fc.uuid() })
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), (lines) => {
        const text = billOf(
          lines.map(({ title, fen, order }) => ({
            ...PAYMENT,
            商品名称: title,
            订单金额: yuanOf(fen),
            商户订单号: order,
          })),
        )
        expect(
          parseBill(text, APP_ID).map(({ amountFen, outTradeNo }) => [amountFen, outTradeNo]),
        ).toEqual(lines.map(({ fen, order }) => [fen, order]))
      }),
    )
  })
})

const yuanOf = (fen: number) => `${Math.floor(fen / 100)}.${`${fen % 100}`.padStart(2, '0')}`

describe('yuan', () => {
  it('become the fen that they were', () => {
    fc.assert(
      fc.property(fc.nat(10 ** 13), fc.nat(4), (fen, zeros) => {
        expect(fenOfYuan(yuanOf(fen) + '0'.repeat(zeros))).toBe(fen)
        expect(fenOfYuan(`-${yuanOf(fen)}`)).toBe(fen === 0 ? 0 : -fen)
      }),
    )
    expect([fenOfYuan('8'), fenOfYuan('8.1'), fenOfYuan('1.15')]).toEqual([800, 810, 115])
  })

  it.each(['', '1.', '.5', '1.005', '1e3', '1,000.00', ' 1', '0x1', '1.2.3', '٣'])(
    '%j are refused',
    (text) => {
      expect(() => fenOfYuan(text)).toThrow()
    },
  )
})

it('a text for WeChat Pay is short, of three-byte characters, and one line', () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 127 }), (text, max) => {
      const plain = plainText(text, max)
      expect(plain.length).toBeLessThanOrEqual(max)
      expect(plain.isWellFormed()).toBe(true)
      expect(plain).toBe(plain.trim())
      for (const character of plain) {
        expect(Buffer.byteLength(character)).toBeLessThanOrEqual(3)
        expect(character).not.toMatch(/[`\p{Cc}\u2028\u2029]/u)
      }
      expect(plainText(plain, max)).toBe(plain)
    }),
  )
})

describe('the bill of a day', () => {
  const file = billOf([PAYMENT, REFUND])
  let fake: Fake
  let pay: WechatPay
  beforeAll(async () => {
    fake = await startFake()
    pay = createWechatPay(configOf({ url: fake.url }))
  })
  afterAll(() => fake.stop())

  const serve = (download: Say, link: Record<string, string> = {}) => {
    fake.received.length = 0
    fake.say = ({ target }) =>
      target.startsWith('/v3/billdownload/')
        ? { unsigned: true, ...download }
        : {
            body: {
              hash_type: 'SHA1',
              hash_value: createHash('sha1').update(file).digest('hex'),
              download_url: `${fake.url}/v3/billdownload/file?token=x&y=%20`,
              ...link,
            },
          }
  }

  it('is asked for, fetched with a signed call, and read', async () => {
    serve({ body: file })
    expect(await pay.tradeBill('2026-11-23')).toEqual(ROWS)
    expect(fake.received.map(({ target }) => target)).toEqual([
      '/v3/bill/tradebill?bill_date=2026-11-23&bill_type=ALL',
      '/v3/billdownload/file?token=x&y=%20',
    ])
  })

  it('on which nothing happened has no rows', async () => {
    fake.say = () => ({ status: 400, body: { code: 'NO_STATEMENT_EXIST' } })
    expect(await pay.tradeBill('2026-11-23')).toEqual([])
  })

  it('that is still being written may be asked for later', async () => {
    fake.say = () => ({ status: 400, body: { code: 'STATEMENT_CREATING' } })
    await expect(pay.tradeBill('2026-11-23')).rejects.toMatchObject({ retryable: true })
  })

  it.each<[string, Say, Record<string, string>]>([
    ['its hash does not fit', { body: `${file} ` }, {}],
    ['the link has run out', { status: 400, body: { code: 'INVALID_REQUEST' } }, {}],
    ['the link is hashed in another way', { body: file }, { hash_type: 'MD5' }],
  ])('is not read where %s', async (_, download, link) => {
    serve(download, link)
    await expect(pay.tradeBill('2026-11-23')).rejects.toBeInstanceOf(Unavailable)
  })

  it('is not fetched without https from elsewhere', async () => {
    const elsewhere = await startFake()
    elsewhere.say = () => ({ body: file, unsigned: true })
    serve({ body: file }, { download_url: `${elsewhere.url}/v3/billdownload/file` })
    await expect(pay.tradeBill('2026-11-23')).rejects.toBeInstanceOf(Unavailable)
    expect(elsewhere.received).toEqual([])
    await elsewhere.stop()
  })
})
