import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import mysql, { type RowDataPacket } from 'mysql2/promise'
import { counterKey, holdsKey } from '../../shared/domain/stock/keys.ts'
import type { Stand } from '../stand.ts'
import type { BookedOrder, Books } from './books.ts'

/** What only the shop itself can say. */
type Said = Pick<Books, 'views' | 'shown'> & { skuIds: readonly string[] }
type Row = Record<string, string | number | null>

/** Reads everything that a run leaves behind, from the engines themselves. */
export function readBooks(stand: Stand, { views, shown, skuIds }: Said): Promise<Books> {
  return withEngines(stand, async (read, redis) => ({
    ...(await readShop(read, skuIds)),
    ...(await readNews(read)),
    counters: await Promise.all(skuIds.map((skuId) => readCounter(redis, skuId))),
    wechat: wechatOf(readFileSync(join(stand.dir, 'wechat', 'pay', 'ledger.jsonl'), 'utf8')),
    mails: await mailsAt(stand.services.endpoints.ses),
    left: await readLeft(read, redis),
    views,
    shown,
  }))
}

/** Counts what is still to be done, messages aside. */
export async function countLeft(stand: Stand): Promise<number> {
  const left = await withEngines(stand, readLeft)
  return left.reduce((sum, { count }) => sum + count, 0)
}

async function withEngines<T>(
  { services }: Stand,
  work: (read: Read, redis: Redis) => Promise<T>,
): Promise<T> {
  const connection = await mysql.createConnection({
    uri: services.endpoints.mysqlUrl,
    supportBigNumbers: true,
    bigNumberStrings: true,
  })
  const redis = new Redis(services.endpoints.redisUrl)
  try {
    return await work(
      async (sql, values = []) =>
        (await connection.query<RowDataPacket[]>(sql, values))[0] as Row[],
      redis,
    )
  } finally {
    await connection.end()
    redis.disconnect()
  }
}

type Read = (sql: string, values?: unknown[]) => Promise<Row[]>
const text = (value: unknown) => String(value ?? '')
const maybe = <Name extends string>(name: Name, value: unknown) =>
  (value === null || value === undefined ? {} : { [name]: String(value) }) as {
    [N in Name]?: string
  }

async function readShop(read: Read, skuIds: readonly string[]) {
  const rows = await read(
    `SELECT o.id, o.user_id, o.state, o.total_fen, i.sku_id, i.quantity
     FROM orders o JOIN order_items i ON i.order_id = o.id`,
  )
  const orders = new Map<string, BookedOrder>()
  for (const row of rows) {
    const orderId = text(row.id)
    const order = orders.get(orderId) ?? {
      ...{ orderId, userId: text(row.user_id), state: text(row.state) },
      ...{ totalFen: Number(row.total_fen), items: [] },
    }
    order.items.push({ skuId: text(row.sku_id), quantity: Number(row.quantity) })
    orders.set(orderId, order)
  }
  const ledger = await read(
    'SELECT sku_id, kind, delta, order_id, reason FROM stock_ledger WHERE sku_id IN (?)',
    [skuIds],
  )
  const skus = await read('SELECT id, stock, version FROM skus WHERE id IN (?)', [skuIds])
  const steps = await read(
    `SELECT order_id, step, COUNT(*) AS times FROM order_history
     WHERE step NOT IN ('askRefund', 'grantRefund') GROUP BY order_id, step HAVING COUNT(*) > 1`,
  )
  const payments = await read('SELECT order_id, amount_fen, late FROM payments')
  const refunds = await read('SELECT order_id, amount_fen, state FROM refunds')
  const exports = await read('SELECT id, state FROM exports')
  const claims = await read(
    `SELECT c.user_id, c.coupon_id, c.claimed, c.used, (SELECT COUNT(*) FROM coupon_uses u
       WHERE u.user_id = c.user_id AND u.coupon_id = c.coupon_id AND u.state <> 'returned') AS uses
     FROM user_coupons c`,
  )
  return {
    orders: [...orders.values()],
    ledger: ledger.map((row) => ({
      ...{ skuId: text(row.sku_id), kind: text(row.kind), delta: Number(row.delta) },
      ...maybe('orderId', row.order_id),
      ...maybe('reason', row.reason),
    })),
    skus: skus.map((row) => ({
      ...{ skuId: text(row.id), stock: Number(row.stock), version: text(row.version) },
    })),
    steps: steps.map((row) => ({
      ...{ orderId: text(row.order_id), step: text(row.step), times: Number(row.times) },
    })),
    payments: payments.map((row) => ({
      ...{ orderId: text(row.order_id), amountFen: Number(row.amount_fen), late: row.late === 1 },
    })),
    refunds: refunds.map((row) => ({
      ...{ orderId: text(row.order_id), amountFen: Number(row.amount_fen), state: text(row.state) },
    })),
    exports: exports.map((row) => ({ id: text(row.id), state: text(row.state) })),
    claims: claims.map((row) => ({
      ...{ userId: text(row.user_id), couponId: text(row.coupon_id) },
      ...{ claimed: Number(row.claimed), used: Number(row.used), uses: Number(row.uses) },
    })),
  }
}

async function readNews(read: Read) {
  const notices = await read(
    `SELECT n.order_id, o.user_id, n.state, n.detail FROM order_notices n
     JOIN orders o ON o.id = n.order_id WHERE n.channel = 'mail'`,
  )
  const recipients = await read(
    `SELECT c.subject, r.email, r.state, r.message_id, r.error FROM campaign_recipients r
     JOIN campaigns c ON c.id = r.campaign_id`,
  )
  return {
    notices: notices.map((row) => ({
      ...{ orderId: text(row.order_id), userId: text(row.user_id), state: text(row.state) },
      ...(row.state === 'sent' ? maybe('messageId', row.detail) : {}),
    })),
    recipients: recipients.map((row) => ({
      ...{ subject: text(row.subject), email: text(row.email), state: text(row.state) },
      ...maybe('messageId', row.message_id),
      ...maybe('error', row.error),
    })),
  }
}

async function readCounter(redis: Redis, skuId: string): Promise<Books['counters'][number]> {
  const [base, version, held] = await redis.hmget(counterKey(skuId), 'base', 'version', 'held')
  const all = Object.entries(await redis.hgetall(holdsKey(skuId)))
  const inDoubt = all.filter(([name]) => isYoungCorrection(name))
  const doubtful = inDoubt.reduce((sum, [, units]) => sum + Number(units), 0)
  const holds = all.length - inDoubt.length
  if (base === null || base === undefined) return { skuId, holds, doubtful }
  return {
    ...{ skuId, holds, doubtful },
    counter: { base: Number(base), version: text(version), held: Number(held) },
  }
}

/** How long the shop itself leaves a correction alone of which it has heard nothing. */
const CORRECTION_MILLIS = 60_000

function isYoungCorrection(hold: string): boolean {
  const since = /^correction:(\d+):/.exec(hold)?.[1]
  return since !== undefined && Date.now() - Number(since) <= CORRECTION_MILLIS
}

type Change = {
  order?: { outTradeNo: string; totalFen: number; paid?: object }
  refund?: { outTradeNo: string; outRefundNo: string; refundFen: number; succeededAt?: number }
}
/** The stand-in's journal: of each order and refund the last line counts. */
export function wechatOf(journal: string): Books['wechat'] {
  const orders = new Map<string, NonNullable<Change['order']>>()
  const refunds = new Map<string, NonNullable<Change['refund']>>()
  for (const line of journal.split('\n')) {
    if (line === '') continue
    const { order, refund } = JSON.parse(line) as Change
    if (order !== undefined) orders.set(order.outTradeNo, order)
    if (refund !== undefined) refunds.set(refund.outRefundNo, refund)
  }
  const back = Map.groupBy(refunds.values(), ({ outTradeNo }) => outTradeNo)
  return [...orders.values()].map(({ outTradeNo: orderId, totalFen, paid }) => ({
    ...{ orderId, totalFen, paidFen: paid === undefined ? 0 : totalFen },
    refundedFen: (back.get(orderId) ?? [])
      .filter(({ succeededAt }) => succeededAt !== undefined)
      .reduce((total, { refundFen }) => total + refundFen, 0),
  }))
}

async function mailsAt(ses: string): Promise<Books['mails']> {
  type Mail = { messageId: string; subject: string; destination: { to: string[] } }
  const { emails } = (await (await fetch(`${ses}/store`)).json()) as { emails: Mail[] }
  return emails.flatMap(({ messageId, subject, destination }) =>
    destination.to.map((to) => ({ messageId, to, subject })),
  )
}

/** Settled payments and refunds that were refused are no work any more. */
async function readLeft(read: Read, redis: Redis): Promise<Books['left']> {
  const count = async (sql: string) => Number((await read(sql))[0]?.n)
  return [
    { what: 'messages in the outbox', count: await count('SELECT COUNT(*) AS n FROM outbox') },
    {
      what: 'refunds on their way',
      count: await count(
        "SELECT COUNT(*) AS n FROM refunds WHERE state IN ('granted', 'processing')",
      ),
    },
    {
      what: 'recipients of campaigns to send to',
      count: await count("SELECT COUNT(*) AS n FROM campaign_recipients WHERE state = 'queued'"),
    },
    {
      what: 'exports to be written',
      count: await count("SELECT COUNT(*) AS n FROM exports WHERE state NOT IN ('done', 'failed')"),
    },
    { what: 'holds', count: await redis.zcard('order:unsettled') },
  ]
}
