import type { History, Purchase } from '../history.ts'
import type { BookedOrder, Books, Violation } from './books.ts'

const bookedById = ({ orders }: Books) => new Map(orders.map((order) => [order.orderId, order]))
const userIdOf = ({ shoppers }: History, name: string) => shoppers.get(name)?.userId ?? ''

/** Whoever got a 202 has that order: his, with what he asked for, at the price that he was told. */
export function acceptedIsPersisted(history: History, books: Books): Violation[] {
  const booked = bookedById(books)
  return history.purchases.flatMap((purchase) =>
    [...new Set(purchase.accepted)].flatMap((orderId) => {
      const wrong = differenceOf(booked.get(orderId), purchase, userIdOf(history, purchase.shopper))
      if (wrong === undefined) return []
      const what = `order ${orderId} of ${purchase.shopper} ${wrong}`
      return [{ rule: 'accepted = persisted', what, orders: [orderId], traces: [purchase.trace] }]
    }),
  )
}

function differenceOf(
  order: BookedOrder | undefined,
  { skuId, quantity, totalFen }: Purchase,
  userId: string,
): string | undefined {
  if (order === undefined) return 'was accepted, and is not in the database'
  if (order.userId !== userId) return `belongs to user ${order.userId}`
  const [item, ...more] = order.items
  if (item?.skuId !== skuId || item.quantity !== quantity || more.length > 0) {
    return `holds ${JSON.stringify(order.items)} instead of ${quantity} of ${skuId}`
  }
  if (order.totalFen !== totalFen) return `costs ${order.totalFen} fen instead of ${totalFen}`
  return undefined
}

/**
 * One key, one order. All answers to a key name the same one; and the database has no order that no
 * answer named, but for keys some of whose attempts got no clear answer.
 */
export function oneKeyOneOrder(history: History, books: Books): Violation[] {
  const rule = 'one key, one order'
  const violations: Violation[] = []
  const known = new Set<string>()
  const spare = new Map<string, number>()
  const group = (userId: string, skuId: string, quantity: number) =>
    `${userId} ${skuId} ${quantity}`
  for (const purchase of history.purchases) {
    const ids = [...new Set(purchase.accepted)]
    for (const id of ids) known.add(id)
    const traces = [purchase.trace]
    if (ids.length > 1) {
      violations.push({ rule, what: `key ${purchase.key} made ${ids.length}`, orders: ids, traces })
    }
    if (ids.length > 0 || !purchase.unsure) continue
    const userId = userIdOf(history, purchase.shopper)
    const name = group(userId, purchase.skuId, purchase.quantity)
    spare.set(name, (spare.get(name) ?? 0) + 1)
  }
  for (const { orderId, userId, items } of books.orders) {
    if (known.has(orderId)) continue
    const name = group(userId, items[0]?.skuId ?? '', items[0]?.quantity ?? 0)
    const left = spare.get(name) ?? 0
    if (left > 0) spare.set(name, left - 1)
    else violations.push({ rule, what: `nobody was told of order ${orderId}`, orders: [orderId] })
  }
  return violations
}

/** Every order that was accepted is shown to its buyer, and in the state that the database has. */
export function acceptedIsShown(history: History, books: Books): Violation[] {
  const booked = bookedById(books)
  return history.purchases.flatMap(({ accepted, shopper, trace }) =>
    [...new Set(accepted)].flatMap((orderId) => {
      const shown = books.shown.get(shopper)?.get(orderId)
      const state = booked.get(orderId)?.state
      if (shown !== undefined && shown === state) return []
      const what = `order ${orderId} is shown to ${shopper} as ${shown ?? 'nothing'}, and is ${state}`
      return [{ rule: 'accepted is shown', what, orders: [orderId], traces: [trace] }]
    }),
  )
}

const AFTER: Record<History['steps'][number]['step'], readonly string[]> = {
  cancelled: ['cancelled'],
  shipped: ['shipped', 'completed', 'refunding', 'refunded'],
  'refund asked': ['refunding', 'refunded'],
  'refund granted': ['refunded'],
}

/** What the shop said it did is done, and no step of an order was taken twice. */
export function stepsAreKept(history: History, books: Books): Violation[] {
  const rule = 'a step that was confirmed is taken, once'
  const booked = bookedById(books)
  const undone = history.steps.flatMap(({ step, orderId, trace }) => {
    const state = booked.get(orderId)?.state ?? 'not there'
    if (AFTER[step].includes(state)) return []
    const what = `order ${orderId} was ${step}, and is ${state}`
    return [{ rule, what, orders: [orderId], traces: [trace] }]
  })
  const doubled = books.steps.flatMap(({ orderId, step, times }) =>
    times > 1
      ? [{ rule, what: `order ${orderId} took the step ${step} ${times} times`, orders: [orderId] }]
      : [],
  )
  return [...undone, ...doubled]
}
