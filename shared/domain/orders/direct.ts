import type { Database } from '../../platform/database/database.ts'
import { Unavailable } from '../../platform/errors/standard.ts'
import { CouponUnusable } from '../coupons/errors.ts'
import type { Intake } from '../intake/intake.ts'
import { OutOfStock } from '../stock/errors.ts'
import { KeyReused } from './errors.ts'
import { type Earlier, KEY_SECONDS, type Placement } from './holds.ts'
import { hashOfKey, readKeyed } from './key-repository.ts'
import type { AcceptedOrder } from './order.ts'
import { COUPON_USED, KEY_REUSED, type WriteOrders } from './persist.ts'
import type { Decided } from './repository.ts'
import type { OrderReceipt } from './schemas.ts'

/** When a buyer of what is closed may try again, in seconds. */
const CLOSED_SECONDS = 5

export type DirectDeps = {
  database: Database
  intake: Pick<Intake, 'holdDatabaseWay'>
  write: WriteOrders
}

/** Taking an order without Redis: written at once, by the transaction of the stock job. */
export function createDirect({ database, intake, write }: DirectDeps) {
  /** @returns what a key was used for before, as the database knows it; undefined where it was not */
  async function recall(userId: string, key: string, body: string): Promise<Earlier | undefined> {
    const [found] = await readKeyed(database, [{ userId, hash: hashOfKey(key) }])
    if (found === undefined) return undefined
    if (Date.now() - found.createdAt.getTime() >= KEY_SECONDS * 1000) return undefined
    if (found.body !== body) return { outcome: 'reused' }
    return { outcome: 'replayed', answer: answerOf(found) }
  }

  return {
    recall,

    /**
     * Writes the order where orders are taken that way, which stays so until it is written. An attempt in
     * Redis may have held it though its answer got lost: it has the same id, and falls out when its
     * message comes.
     * @returns the answer to its key; undefined where orders go to Redis again
     * @throws OutOfStock, CouponUnusable, KeyReused; Unavailable also for what is limited per user, which
     *   is only sold while Redis counts
     */
    async place({ message, key, bodyHash, limits }: Placement): Promise<Earlier | undefined> {
      const order = message.data
      const earlier = await recall(order.userId, key, bodyHash)
      if (earlier !== undefined) return earlier
      const closed = order.items.filter((_, at) => (limits[at] ?? 0) > 0)
      if (closed.length > 0) throw saleClosed(closed.map(({ skuId }) => ({ skuId })))
      try {
        const { failed, known } = await write([order], {
          before: async (tx) => {
            if (!(await intake.holdDatabaseWay(tx))) throw new WayChanged()
          },
          refuse,
        })
        // Its own message, or a retry, came first.
        if (failed.has(order.orderId)) throw new OutOfStock(skusOf(order))
        if (!known.has(order.orderId)) return { outcome: 'replayed', answer: answerOf(order) }
      } catch (error) {
        if (error instanceof WayChanged) return undefined
        throw error
      }
      return recall(order.userId, key, bodyHash)
    },
  }
}

export type Direct = ReturnType<typeof createDirect>

class WayChanged extends Error {
  override readonly name = 'WayChanged'
}

/** Nobody was told that this order is accepted: it is refused, not failed. */
function refuse({ order, reason }: Decided): never {
  if (reason === KEY_REUSED) throw new KeyReused()
  if (reason === COUPON_USED) throw new CouponUnusable({ reason: 'none left' })
  throw new OutOfStock(skusOf(order))
}

const skusOf = ({ items }: AcceptedOrder) => items.map(({ skuId }) => ({ skuId }))

const saleClosed = (details: unknown) =>
  new Unavailable(details, {
    message: 'this is on sale again in a moment: see details',
    retryAfterSeconds: CLOSED_SECONDS,
  })

/** The answer as it was: an order is acknowledged as pending, whatever has become of it. */
function answerOf(order: { orderId: string; totalFen: number; expiresAt: Date | string }): string {
  const { orderId, totalFen } = order
  const expiresAt = new Date(order.expiresAt).toISOString()
  return JSON.stringify({ orderId, status: 'pending', totalFen, expiresAt } satisfies OrderReceipt)
}
