import type { Redis } from '../engines/redis.ts'
import { must } from '../story/history.ts'
import type { Scene } from '../story/shopper.ts'

/** Whether all that was begun has come to its end. */
export function isAtRest({ world: { redis, queues, database } }: Scene): boolean {
  const open = database.look(
    `SELECT id FROM orders WHERE state IN ('unpaid', 'refunding') UNION ALL SELECT id FROM outbox
     UNION ALL SELECT order_id FROM refunds WHERE state NOT IN ('succeeded', 'refused')
     UNION ALL SELECT order_id FROM prepays WHERE settled = 0`,
  )
  return (
    open.length === 0 &&
    queues.names().every((name) => queues.count(name) === 0) &&
    holds(redis).length === 0
  )
}

const holds = (redis: Redis) =>
  redis.keys().filter((key) => /^(order:(hold|unsettled|pending)|(stock|coupon):holds)/.test(key))

/** Holds are settled, counters are those of the rows, queues and outbox are empty. */
export function nothingIsLeft({ world: { redis, queues, database, fleet }, shop }: Scene): void {
  must(fleet.running === 0, () => `${fleet.running} invocations have never ended`)
  const left = holds(redis)
  must(left.length === 0, () => `left in Redis: ${left.join(', ')}`)
  for (const { id } of shop.skus) {
    const [base, held] = redis.run(['HMGET', `stock:sku:${id}`, 'base', 'held']) as (
      | string
      | null
    )[]
    const [row] = database.look<{ stock: number }>('SELECT stock FROM skus WHERE id = ?', [id])
    const shown = Number(base) - Number(held ?? 0)
    must(
      base === null || shown === row?.stock,
      () => `the counter of SKU ${id} shows ${shown}, its row ${row?.stock}`,
    )
  }
  for (const name of queues.names()) {
    must(queues.count(name) === 0, () => `${queues.count(name)} messages are left in ${name}`)
  }
  const outbox = database.look('SELECT id FROM outbox')
  must(outbox.length === 0, () => `${outbox.length} messages are left in the outbox`)
  const unpaid = database.look("SELECT id FROM orders WHERE state = 'unpaid'")
  must(unpaid.length === 0, () => `${unpaid.length} orders were never closed`)
}
