import { createHash } from 'node:crypto'
import { ulid } from 'ulid'
import { KeyReused } from '../../../shared/domain/orders/errors.ts'
import { writeHistory } from '../../../shared/domain/orders/history.ts'
import { OrderExpires } from '../../../shared/domain/orders/messages.ts'
import { type AcceptedOrder, itemsFenOf } from '../../../shared/domain/orders/order.ts'
import type { Orders } from '../../../shared/domain/orders/orders.ts'
import { insertOrders } from '../../../shared/domain/orders/repository.ts'
import type { OrderReceipt, PlaceOrder } from '../../../shared/domain/orders/schemas.ts'
import { OutOfStock } from '../../../shared/domain/stock/errors.ts'
import { takeStock, unitsOf, writeLedger } from '../../../shared/domain/stock/repository.ts'
import type { Database, Queryable } from '../../../shared/platform/database/database.ts'
import { isDuplicate } from '../../../shared/platform/database/errors.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { NotFound } from '../../../shared/platform/errors/standard.ts'
import { type Outbox, toSend } from '../../../shared/platform/outbox/outbox.ts'

const TIMER_SECONDS = 900

export type PlainDeps = {
  database: Database
  outbox: Pick<Outbox, 'add'>
  skus: (ids: readonly string[]) => Promise<Map<string, { onSale: boolean } & Item>>
}
type Item = { productId: string; title: string; skuTitle: string; priceFen: number }

/** Where the plain version keeps its keys, unique per user. */
export const KEYS_TABLE = sql`CREATE TABLE IF NOT EXISTS bench_order_keys (
  user_id BIGINT UNSIGNED NOT NULL, idempotency_key VARCHAR(64) NOT NULL, body_hash CHAR(43) NOT NULL,
  answer TEXT NOT NULL, PRIMARY KEY (user_id, idempotency_key))`

/**
 * Orders as most shops place them: all in one database transaction, which writes the same rows as ours
 * do in the end. Prices come from the cache, and rows of a table go in one statement.
 * @param skuLast whether the guarded UPDATE, which locks the row that all buyers of a SKU wait for,
 *   comes right before the COMMIT; else right after the key, so that nothing is written in vain
 */
export function createPlainOrders(
  { database, outbox, skus }: PlainDeps,
  { skuLast }: { skuLast: boolean },
): Pick<Orders, 'place'> {
  async function take(tx: Queryable, items: AcceptedOrder['items']): Promise<void> {
    if (await takeStock(tx, unitsOf(items))) return
    throw new OutOfStock(items.map(({ skuId }) => ({ skuId })))
  }

  async function draft(userId: string, body: PlaceOrder): Promise<AcceptedOrder> {
    const found = await skus(body.items.map(({ skuId }) => skuId))
    const items = body.items.map(({ skuId, quantity }) => {
      const sku = found.get(skuId)
      if (sku?.onSale !== true) throw new NotFound([{ skuId }])
      const { productId, title, skuTitle, priceFen } = sku
      return { skuId, productId, title, skuTitle, priceFen, quantity }
    })
    const now = Date.now()
    return {
      orderId: ulid(now),
      userId,
      items,
      totalFen: itemsFenOf(items),
      createdAt: new Date(now).toISOString(),
      expiresAt: new Date(now + TIMER_SECONDS * 1000).toISOString(),
    }
  }

  async function earlier(userId: string, key: string, bodyHash: string): Promise<OrderReceipt> {
    const [row] = await database.query<{ body_hash: string; answer: string }>(
      sql`SELECT body_hash, answer FROM bench_order_keys
          WHERE user_id = ${userId} AND idempotency_key = ${key}`,
    )
    if (row?.body_hash !== bodyHash) throw new KeyReused()
    return JSON.parse(row.answer) as OrderReceipt
  }

  return {
    async place(userId, key, body) {
      const bodyHash = createHash('sha256').update(JSON.stringify(body)).digest('base64url')
      const order = await draft(userId, body)
      const { orderId, items, totalFen, expiresAt } = order
      const receipt: OrderReceipt = { orderId, status: 'pending', totalFen, expiresAt }
      try {
        await database.transaction(async (tx) => {
          await tx.write(
            sql`INSERT INTO bench_order_keys (user_id, idempotency_key, body_hash, answer)
                VALUES (${userId}, ${key}, ${bodyHash}, ${JSON.stringify(receipt)})`,
          )
          if (!skuLast) await take(tx, items)
          await insertOrders(tx, [{ order, state: 'unpaid' }])
          await writeHistory(tx, [
            { orderId, step: 'accept', to: 'unpaid', actor: { kind: 'user', id: userId } },
          ])
          await writeLedger(
            tx,
            items.map((item) => ({
              ...{ skuId: item.skuId, kind: 'reserve' as const },
              ...{ delta: -item.quantity, orderId },
            })),
          )
          const timer = OrderExpires.of({ orderId, expiresAt })
          await outbox.add(tx, [toSend('order-timeout', timer, TIMER_SECONDS)])
          if (skuLast) await take(tx, items)
        })
      } catch (error) {
        if (!isDuplicate(error)) throw error
        return earlier(userId, key, bodyHash)
      }
      return receipt
    },
  }
}
