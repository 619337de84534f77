import { createHash } from 'node:crypto'
import * as z from 'zod/mini'
import type { Api } from './api.ts'
import type { WechatPayConfig } from './config.ts'
import { unavailable, WechatPayError } from './errors.ts'
import { fenOfYuan } from './text.ts'
import type { Transport } from './transport.ts'

/** One line of a day's bill: a payment (SUCCESS, or REVOKED) or a refund (REFUND). */
export type BillRow = {
  outTradeNo: string
  transactionId: string
  state: z.output<typeof BillState>
  /** What the order cost; WeChat Pay may write 0 in the line of a refund. */
  amountFen: number
  /** Only in the line of a refund. */
  outRefundNo?: string
  refundId?: string
  /** What was asked back; 0 in the line of a payment. */
  refundFen: number
}

const BillState = z.enum(['SUCCESS', 'REFUND', 'REVOKED'])

const DOWNLOAD_MILLIS = 20_000
/** Columns may change their order, and new ones may come: they are found by their names. */
const COLUMNS = {
  appId: '公众账号ID',
  transactionId: '微信订单号',
  outTradeNo: '商户订单号',
  state: '交易状态',
  currency: '货币种类',
  amount: '订单金额',
  refundId: '微信退款单号',
  outRefundNo: '商户退款单号',
  refund: '申请退款金额',
} as const

const Link = z.object({
  hash_type: z.literal('SHA1'),
  hash_value: z.string(),
  download_url: z.url(),
})

/**
 * The bill of a day in China's time, of this mini-program only. WeChat Pay writes it in the morning
 * of the next day: ask after 10:00 in China, and within three months.
 * @param date `YYYY-MM-DD`
 * @returns no rows where nothing was paid or refunded on that day
 * @throws WechatPayError, retryable while it is being written; Unavailable: do it again
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791907
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013071238 (download)
 */
export async function tradeBill(
  { url, appId }: Pick<WechatPayConfig, 'url' | 'appId'>,
  api: Api,
  transport: Transport,
  date: string,
): Promise<BillRow[]> {
  const target = `/v3/bill/tradebill?${new URLSearchParams({ bill_date: date, bill_type: 'ALL' })}`
  let link: z.output<typeof Link>
  try {
    link = await api({ method: 'GET', target, about: 'tradebill' }, Link)
  } catch (error) {
    if (error instanceof WechatPayError && error.code === 'NO_STATEMENT_EXIST') return []
    throw error
  }
  const { protocol, origin } = new URL(link.download_url)
  if (protocol !== 'https:' && origin !== new URL(url).origin) {
    throw unavailable('tradebill: the download is not over https')
  }
  // The file has no signature; its hash stands in the answer above, which has one.
  const { status, body } = await transport({
    method: 'GET',
    target: link.download_url,
    about: 'bill download',
    capMillis: DOWNLOAD_MILLIS,
  })
  if (status !== 200) throw unavailable(`bill download: ${status}`)
  const hash = createHash('sha1').update(body).digest('hex')
  if (hash !== link.hash_value.toLowerCase())
    throw unavailable('bill download: not what was hashed')
  return parseBill(body.toString(), appId)
}

/**
 * Reads a bill: a line of names, a line per payment or refund with a back-tick before each value,
 * then a line of names and one of sums.
 * @param appId lines of the merchant's other apps are left out
 * @throws where a column is missing or a line does not fit: nothing is left out in silence
 */
export function parseBill(text: string, appId: string): BillRow[] {
  const [head = '', ...lines] = text.replace(/^\ufeff/, '').split(/\r?\n/)
  const names = head.split(',').map((name) => name.replace(/^`/, '').trim())
  const indexes = Object.entries(COLUMNS).map(([key, name]) => [key, names.indexOf(name)] as const)
  const missing = indexes.find(([, index]) => index < 0)
  if (missing !== undefined) throw new Error(`bill: column ${missing[0]} is missing`)
  // The names of the sums are the first line that begins without a back-tick.
  const end = lines.findIndex((line) => !line.startsWith('`'))
  if (end < 0) throw new Error('bill: the sums are missing')

  const rows: BillRow[] = []
  for (const [at, line] of lines.slice(0, end).entries()) {
    // Values may hold commas.
    const values = line.slice(1).split(',`')
    if (values.length !== names.length) throw new Error(`bill: line ${at + 2} does not fit`)
    const value = Object.fromEntries(
      indexes.map(([key, index]) => [key, values[index]?.trim()]),
    ) as Record<keyof typeof COLUMNS, string>
    if (value.appId === appId) rows.push(rowOf(value))
  }
  return rows
}

function rowOf(value: Record<keyof typeof COLUMNS, string>): BillRow {
  if (value.currency !== 'CNY') throw new Error('bill: currency is not CNY')
  // In the line of a payment both numbers are 0.
  const isNumber = (text: string) => text !== '' && text !== '0'
  return {
    outTradeNo: value.outTradeNo,
    transactionId: value.transactionId,
    state: z.parse(BillState, value.state),
    amountFen: fenOfYuan(value.amount),
    ...(isNumber(value.outRefundNo) ? { outRefundNo: value.outRefundNo } : {}),
    ...(isNumber(value.refundId) ? { refundId: value.refundId } : {}),
    refundFen: fenOfYuan(value.refund),
  }
}
