import { KEY_SECONDS } from './holds.ts'
import type { Alias, Keyed, KeyOf } from './key-repository.ts'
import type { AcceptedOrder } from './order.ts'

/** What is to become of orders as their keys are concerned. */
export type Sorted = {
  /** To be written, each with its key, or without where another order is to keep that. */
  own: AcceptedOrder[]
  /** Second attempts with a key: the order is there already, under another id. */
  aliases: Alias[]
  /** Placed with a key that was used for something else: to be written as failed, without the key. */
  reused: AcceptedOrder[]
  /** Orders whose key somebody has used again, after the day for which it counts. */
  retired: string[]
}

const nameOf = ({ userId, hash }: KeyOf) => `${userId} ${hash}`

/** @returns the key of an order, or nothing where it has none */
export function keysOf(orders: readonly AcceptedOrder[]): KeyOf[] {
  return orders.flatMap(({ userId, key }) =>
    key === undefined ? [] : [{ userId, hash: key.hash }],
  )
}

/**
 * One key, one order: attempts that went different ways (one into Redis, one into the database) don't see
 * each other when they are accepted. Whichever is written first is the order, and the others become other
 * names of it.
 * @param orders in the order of their ids, that are not in the database
 * @param earlier what their keys were used for
 */
export function sortByKey(orders: readonly AcceptedOrder[], earlier: readonly Keyed[]): Sorted {
  const sorted: Sorted = { own: [], aliases: [], reused: [], retired: [] }
  const used = new Map(
    earlier.map((entry) => [
      nameOf(entry),
      { orderId: entry.orderId, body: entry.body, at: entry.createdAt.getTime() },
    ]),
  )
  for (const order of orders) {
    const { orderId, userId, key, createdAt } = order
    if (key === undefined) {
      sorted.own.push(order)
      continue
    }
    const at = Date.parse(createdAt)
    const name = nameOf({ userId, hash: key.hash })
    const prior = used.get(name)
    const apart = prior === undefined ? 0 : (at - prior.at) / 1000
    if (prior === undefined || apart >= KEY_SECONDS) {
      if (prior !== undefined) sorted.retired.push(prior.orderId)
      used.set(name, { orderId, body: key.body, at })
      sorted.own.push(order)
    } else if (apart <= -KEY_SECONDS) {
      sorted.own.push(keyless(order))
    } else if (prior.body === key.body) {
      sorted.aliases.push({ alias: orderId, orderId: prior.orderId })
    } else {
      sorted.reused.push(keyless(order))
    }
  }
  return sorted
}

const keyless = ({ key: _, ...order }: AcceptedOrder): AcceptedOrder => order
