import { equal, ok } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { catalog } from '../../../shared/domain/catalog/index.ts'
import { holds } from '../../../shared/domain/orders/index.ts'
import type { AcceptedOrder } from '../../../shared/domain/orders/order.ts'
import { signAccess } from '../../../shared/platform/auth/access.ts'
import { openSession } from '../../../shared/platform/auth/sessions.ts'
import { database } from '../../../shared/platform/database/database.ts'
import { listOf, sql } from '../../../shared/platform/database/sql.ts'
import { callSqs, queueUrl } from '../../../shared/platform/queue/sqs.ts'

const SKUS_PER_PRODUCT = 50
const BATCH = 100
const RECEIVE = { MaxNumberOfMessages: 10, WaitTimeSeconds: 0, VisibilityTimeout: 60 }

/** SKUs on sale with so many units each. @returns their ids */
export async function newSkus(count: number, units: number): Promise<string[]> {
  const ids: string[] = []
  while (ids.length < count) {
    const skus = Array.from({ length: Math.min(SKUS_PER_PRODUCT, count - ids.length) }, () => ({
      ...{ title: '默认', priceFen: 1999, stock: units, attributes: {} },
    }))
    const product = { title: '限时抢购', description: '', categoryId: '402', images: [], skus }
    const created = await catalog().create(product as never, '1')
    ids.push(...created.skus.map(({ id }) => id))
  }
  return ids
}

/** Buyers who are signed in. @returns their access tokens */
export async function newBuyers(count: number): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const now = new Date()
      const { insertId: id } = await database().write(
        sql`INSERT INTO users (openid, created_at, updated_at) VALUES (${randomUUID()}, ${now}, ${now})`,
      )
      const { sessionId } = await openSession(id, 'bench')
      return signAccess({ id, role: 'user', sessionId })
    }),
  )
}

/** What API Gateway sends for POST /api/orders: one unit of a SKU. */
export function orderEvent(
  token: string,
  skuId: string,
  key: string = randomUUID(),
): APIGatewayProxyEventV2 {
  return {
    version: '2.0',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    isBase64Encoded: false,
    body: JSON.stringify({ items: [{ skuId, quantity: 1 }] }),
  } as unknown as APIGatewayProxyEventV2
}

/** @returns the code of an answer, and the order's id where it was accepted */
export function outcomeOf({ body = '' }: APIGatewayProxyStructuredResultV2) {
  const { code, data } = JSON.parse(body) as { code: number; data: { orderId: string } | null }
  return { code, orderId: data?.orderId ?? '' }
}

type Received = { Messages?: { MessageId: string; ReceiptHandle: string; Body: string }[] }

/**
 * Does the stock job's work until the queue is empty, and the relay's: orders that were accepted while
 * SQS was too busy are held, and would be sent some time later.
 * @param accepted ids of all orders that were answered with 202
 */
export async function drain(
  persist: (orders: readonly AcceptedOrder[]) => Promise<void>,
  accepted: readonly string[],
): Promise<void> {
  await drainQueue(persist)
  for (let at = 0; at < accepted.length; at += BATCH) {
    const held = await holds().findMany(accepted.slice(at, at + BATCH))
    if (held.length > 0) await persist(held)
  }
}

async function drainQueue(
  persist: (orders: readonly AcceptedOrder[]) => Promise<void>,
): Promise<void> {
  const QueueUrl = queueUrl('stock')
  for (;;) {
    const replies = await Promise.all(
      Array.from({ length: BATCH / 10 }, () =>
        callSqs<Received>('ReceiveMessage', { QueueUrl, ...RECEIVE }),
      ),
    )
    const messages = replies.flatMap(({ Messages = [] }) => Messages)
    if (messages.length === 0) return
    await persist(messages.map(({ Body }) => (JSON.parse(Body) as { data: AcceptedOrder }).data))
    await Promise.all(
      replies.flatMap(({ Messages = [] }) => {
        const Entries = Messages.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle }))
        return Entries.length === 0 ? [] : [callSqs('DeleteMessageBatch', { QueueUrl, Entries })]
      }),
    )
  }
}

/**
 * Holds the database to what was answered: every accepted order is there once, unpaid, and no SKU gave
 * more than it had: its row, its ledger and its orders agree.
 * @param received units that each SKU began with
 */
export async function checkBooks(
  orderIds: readonly string[],
  skuIds: readonly string[],
  received: number,
): Promise<void> {
  equal(new Set(orderIds).size, orderIds.length, 'an order was answered twice')
  for (let at = 0; at < orderIds.length; at += 500) {
    const some = orderIds.slice(at, at + 500)
    const [row] = await database().query<{ found: string }>(
      sql`SELECT COUNT(*) AS found FROM orders WHERE state = 'unpaid' AND id IN (${listOf(some)})`,
    )
    equal(Number(row?.found), some.length, 'an accepted order is not there')
  }
  const rows = await database().query<{ stock: number; ledger: string; sold: string | null }>(
    sql`SELECT s.stock, (SELECT SUM(delta) FROM stock_ledger WHERE sku_id = s.id) AS ledger,
          (SELECT SUM(i.quantity) FROM order_items i JOIN orders o ON o.id = i.order_id
            WHERE i.sku_id = s.id AND o.state = 'unpaid') AS sold
        FROM skus s WHERE s.id IN (${listOf(skuIds)})`,
  )
  for (const { stock, ledger, sold } of rows) {
    ok(stock >= 0, 'stock is below zero')
    equal(Number(ledger), stock, 'the ledger is not the stock')
    equal(stock + Number(sold ?? 0), received, 'units were lost, or sold twice')
  }
}
