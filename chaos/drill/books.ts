import { setTimeout as sleep } from 'node:timers/promises'
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise'
import type { Random } from '../random.ts'
import type { RegionCopy, Stand } from './regions.ts'
import { clientOf, order, type Placed } from './shoppers.ts'

const POLL_MILLIS = 500
/** SQS gives what a dead consumer had taken to another one after three minutes; the relay is far sooner. */
const SETTLE_MILLIS = 120_000

export type Books = {
  /** Keys under which something was ordered. */
  keys: number
  /** … of which the shopper got no answer; the same key, sent again at the end, tells. */
  unanswered: number
  /** Accepted, and not in the database. */
  lost: number
  /** In the database, and not the one order of one key. */
  doubled: number
  /** Whether each unit is where it should be: received = sold + held + available, one held for each order. */
  balanced: boolean
}

export type Ledger = ReturnType<typeof openLedger>

/** What the database has of the drill's SKU, asked by way of no region. */
export function openLedger(mysqlUrl: string, skuId: string) {
  let opening: Promise<Connection> | undefined
  const connection = () => {
    opening ??= mysql.createConnection(mysqlUrl)
    return opening
  }
  return {
    /** @returns the ids of all orders of the SKU */
    async orderIds(): Promise<string[]> {
      const [rows] = await (await connection()).query<RowDataPacket[]>(
        'SELECT order_id FROM order_items WHERE sku_id = ?',
        [skuId],
      )
      return rows.map(({ order_id }) => String(order_id))
    },
    async close(): Promise<void> {
      await (await opening)?.end()
    },
  }
}

export const missing = (ids: readonly string[], there: readonly string[]): string[] => {
  const known = new Set(there)
  return ids.filter((id) => !known.has(id))
}

/**
 * Waits until the database has these orders, while the relays of these regions run, as they do each
 * minute.
 * @returns those that it does not have in the end
 */
export async function untilPersisted(
  ids: readonly string[],
  ledger: Ledger,
  relays: readonly Pick<RegionCopy, 'invoke'>[],
  millis = SETTLE_MILLIS,
): Promise<string[]> {
  const end = performance.now() + millis
  for (;;) {
    const left = missing(ids, await ledger.orderIds())
    if (left.length === 0 || performance.now() > end) return left
    await Promise.all(relays.map((region) => region.invoke('jobsRelay')))
    await sleep(POLL_MILLIS)
  }
}

/** Holds what shoppers were told against what is in the books, once all has settled. */
export async function audit(
  orders: readonly Placed[],
  { regions }: Stand,
  options: { ledger: Ledger; skuId: string; random: Random },
): Promise<Books> {
  const { ledger, skuId, random } = options
  const ids: string[] = []
  let unanswered = 0
  for (const { shopper, key, orderId } of orders) {
    if (orderId === undefined) unanswered++
    const again = () => order(clientOf(shopper, regions, { random }), skuId, key)
    ids.push(orderId ?? (await again()).orderId)
  }
  const lost = await untilPersisted(ids, ledger, regions)
  const there = await ledger.orderIds()
  const twice = ids.length - new Set(ids).size
  const stock = await clientOf('admin', regions, { random }).request(
    'GET /api/admin/skus/{id}/stock',
    { params: { id: skuId } },
  )
  const { received, sold, held, available } = stock
  return {
    keys: orders.length,
    unanswered,
    lost: lost.length,
    doubled: missing(there, ids).length + twice,
    balanced: received === sold + held + available && sold + held === there.length,
  }
}
