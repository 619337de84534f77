import { createHash, randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { PayError } from './errors.ts'
import { isPaid, type Ledger, type Order, type Refund } from './ledger.ts'
import { paramError } from './requests.ts'
import { beijing, beijingDay } from './times.ts'
import type { Merchant } from './views.ts'

const LINK_MILLIS = 300_000
const KEPT_DAYS = 90
const DAY_MILLIS = 86_400_000
/** The merchant's fee: 0.60 %. */
const FEE = 0.006
const TYPES = ['ALL', 'SUCCESS', 'REFUND'] as const
type BillType = (typeof TYPES)[number]
type Row = Record<string, string>

const HEAD =
  '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额'
const REFUND_COLUMNS = '微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态'
const GOODS = '商品名称,商户数据包,手续费,费率'
const COLUMNS: Readonly<Record<BillType, string[]>> = {
  ALL: `${HEAD},${REFUND_COLUMNS},${GOODS},订单金额,申请退款金额,费率备注`.split(','),
  SUCCESS: `${HEAD},${GOODS},订单金额,费率备注`.split(','),
  REFUND:
    `${HEAD},退款申请时间,退款成功时间,${REFUND_COLUMNS},${GOODS},订单金额,申请退款金额,费率备注`.split(
      ',',
    ),
}
const SUMMARY =
  '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额'

const yuan = (fen: number) => (fen / 100).toFixed(2)
const fee = (fen: number) => ((fen / 100) * FEE).toFixed(5)
const clock = (millis: number) => beijing(millis).slice(0, 19).replace('T', ' ')

/**
 * The bill of a day. Unlike the real ones, which are there from ten o'clock of the next day on, the
 * bill of today can be had as it is now.
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791867 (link), …/4012791871 (form of the file)
 */
export class Bills {
  readonly #links = new Map<string, { bytes: Buffer; until: number }>()
  readonly #ledger: Ledger
  readonly #merchant: Merchant

  constructor(ledger: Ledger, merchant: Merchant) {
    this.#ledger = ledger
    this.#merchant = merchant
  }

  /** Writes a bill and makes its link. @throws PayError PARAM_ERROR, NO_STATEMENT_EXIST */
  link(query: URLSearchParams, base: string, now: number): Record<string, string> {
    const day = query.get('bill_date') ?? ''
    const type = TYPES.find((known) => known === (query.get('bill_type') ?? 'ALL'))
    const packed = query.get('tar_type')
    if (!isDay(day) || day > beijingDay(now) || day < beijingDay(now - KEPT_DAYS * DAY_MILLIS)) {
      throw paramError('/bill_date', 'query')
    }
    if (type === undefined) throw paramError('/bill_type', 'query')
    if (packed !== null && packed !== 'GZIP') throw paramError('/tar_type', 'query')
    const text = this.#write(day, type)
    if (text === undefined) throw new PayError('NO_STATEMENT_EXIST', '账单文件不存在')
    const bytes = Buffer.from(text)
    const token = randomBytes(24).toString('base64url')
    for (const [old, { until }] of this.#links) if (until <= now) this.#links.delete(old)
    this.#links.set(token, {
      bytes: packed === 'GZIP' ? gzipSync(bytes) : bytes,
      until: now + LINK_MILLIS,
    })
    return {
      download_url: `${base}/v3/billdownload/file?token=${token}`,
      hash_type: 'SHA1',
      hash_value: createHash('sha1').update(bytes).digest('hex'),
    }
  }

  /** @throws PayError where the link has ended */
  download(token: string | null, now: number): Buffer {
    const link = this.#links.get(token ?? '')
    if (link === undefined || link.until <= now) {
      throw new PayError('INVALID_REQUEST', '下载地址无效或已过期')
    }
    return link.bytes
  }

  #write(day: string, type: BillType): string | undefined {
    const { payments, refunds } = this.#ledger.onDay(day)
    const paid = type === 'REFUND' ? [] : payments
    const back = type === 'SUCCESS' ? [] : refunds
    if (paid.length + back.length === 0) return undefined
    const rows = [
      ...paid.map((order) => ({ at: order.paid?.at ?? 0, row: this.#payment(order) })),
      ...back.map((refund) => ({ at: refund.createdAt, row: this.#refund(refund) })),
    ].sort((one, other) => one.at - other.at)
    const total = (list: number[]) => list.reduce((sum, fen) => sum + fen, 0)
    const orders = total(paid.map(({ totalFen }) => totalFen))
    const refunded = total(back.map(({ refundFen }) => refundFen))
    const summary = [
      `${rows.length}`,
      yuan(orders),
      yuan(refunded),
      '0.00',
      fee(orders - refunded),
      yuan(orders),
      yuan(refunded),
    ]
    const columns = COLUMNS[type]
    const lines = [
      columns.join(','),
      ...rows.map(({ row }) => quoted(columns.map((column) => row[column] ?? ''))),
      SUMMARY,
      quoted(summary),
    ]
    return `\ufeff${lines.map((line) => `${line}\r\n`).join('')}`
  }

  #payment(order: Order): Row {
    return {
      ...this.#common(order),
      交易时间: clock(order.paid?.at ?? 0),
      交易状态: 'SUCCESS',
      应结订单金额: yuan(order.totalFen),
      微信退款单号: '0',
      商户退款单号: '0',
      退款金额: '0.00',
      手续费: fee(order.totalFen),
      订单金额: yuan(order.totalFen),
      申请退款金额: '0.00',
    }
  }

  #refund(refund: Refund): Row {
    return {
      ...this.#common(this.#ledger.order(refund.outTradeNo)),
      交易时间: clock(refund.createdAt),
      交易状态: 'REFUND',
      应结订单金额: '0.00',
      退款申请时间: clock(refund.createdAt),
      退款成功时间: refund.succeededAt === undefined ? '' : clock(refund.succeededAt),
      微信退款单号: refund.refundId,
      商户退款单号: refund.outRefundNo,
      退款金额: yuan(refund.refundFen),
      退款类型: 'ORIGINAL',
      退款状态: refund.succeededAt === undefined ? 'PROCESSING' : 'SUCCESS',
      手续费: fee(-refund.refundFen),
      订单金额: '0.00',
      申请退款金额: yuan(refund.refundFen),
    }
  }

  #common(order: Order): Row {
    return {
      公众账号ID: this.#merchant.appId,
      商户号: this.#merchant.mchId,
      特约商户号: '0',
      微信订单号: isPaid(order) ? order.paid.transactionId : '',
      商户订单号: order.outTradeNo,
      用户标识: order.openid,
      交易类型: 'JSAPI',
      付款银行: 'OTHERS',
      货币种类: 'CNY',
      代金券金额: '0.00',
      充值券退款金额: '0.00',
      商品名称: order.description,
      商户数据包: order.attach ?? '',
      费率: '0.60%',
    }
  }
}

/** A back-tick before each value keeps spreadsheets from reading numbers; nothing is escaped. */
const quoted = (values: string[]) =>
  values.map((value) => `\`${value.replace(/[\r\n]/g, ' ')}`).join(',')

function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === text
}
