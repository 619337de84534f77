import { LEASE } from '../../shared/domain/intake/keys.ts'
import { must } from '../story/history.ts'
import type { Scene } from '../story/shopper.ts'

const HOLD = 'order:hold:'

/**
 * What holds at every moment, however little has been done of what has been begun: looked at after each
 * step that committed something or changed Redis.
 */
export function createAlways({ world, shop, history }: Scene): () => void {
  const { database, redis, schedule } = world
  let seen = ''

  function booksBalance(): void {
    const wrong = database.look<{ id: string; stock: number; booked: string }>(
      `SELECT s.id AS id, s.stock AS stock, (SELECT SUM(delta) FROM stock_ledger l WHERE l.sku_id = s.id) AS booked
       FROM skus s`,
    )
    for (const { id, stock, booked } of wrong) {
      must(stock >= 0, () => `SKU ${id} has a stock of ${stock}`)
      must(stock === Number(booked), () => `SKU ${id} has ${stock} units, its ledger ${booked}`)
    }
  }

  /** A counter that is too high promises units that somebody has: as soon as Redis may take orders by it. */
  function countersPromiseNothing(): void {
    const lease = redis.run(['GET', LEASE])
    if (lease === null) return
    // Whose hold is lost and whose message is dead is not waited for: docs/runbooks/redis-lost.md.
    if (history.losses.length > 0 && history.dead.size > 0) return
    for (const { id } of shop.skus) {
      const [base, held, epoch] = redis.run([
        ...['HMGET', `stock:sku:${id}`, 'base', 'held', 'epoch'],
      ]) as (string | null)[]
      if (base === null || base === undefined || epoch !== lease) continue
      const flat = redis.run(['HGETALL', `stock:holds:${id}`]) as string[]
      let pending = 0
      for (let at = 0; at < flat.length; at += 2) {
        const order = flat[at] ?? ''
        if (order.startsWith('correction:')) continue
        const [there] = database.look('SELECT id FROM orders WHERE id = ?', [order])
        if (there === undefined) pending += Number(flat[at + 1])
      }
      const [row] = database.look<{ stock: number }>('SELECT stock FROM skus WHERE id = ?', [id])
      const free = (row?.stock ?? 0) - pending
      const shown = Number(base) - Number(held ?? 0)
      must(shown <= free, () => `the counter of SKU ${id} shows ${shown} where ${free} are free`)
    }
  }

  function noteHolds(): void {
    for (const key of redis.keys()) {
      const id = key.slice(HOLD.length)
      if (key.startsWith(HOLD) && !history.held.has(id)) history.held.set(id, schedule.now())
    }
  }

  return () => {
    const now = `${database.commits} ${redis.changes}`
    if (now === seen) return
    seen = now
    noteHolds()
    booksBalance()
    countersPromiseNothing()
  }
}
