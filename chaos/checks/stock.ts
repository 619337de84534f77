import type { History } from '../history.ts'
import type { Books, Violation } from './books.ts'

const SOLD = ['paid', 'shipped', 'completed', 'refunding', 'refunded']
const TAKEN = [...SOLD, 'unpaid']
const RECEIVED = ['receive', 'correct', 'restock']

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)

/** received = sold + held + available, as the shop says it and as its books have it; nothing below 0. */
export function stockBalances(_: History, books: Books): Violation[] {
  const rule = 'received = sold + held + available'
  return books.skus.flatMap(({ skuId, stock }) => {
    const rows = books.ledger.filter((row) => row.skuId === skuId)
    const units = (states: readonly string[]) =>
      sum(
        books.orders
          .filter(({ state }) => states.includes(state))
          .flatMap(({ items }) => items)
          .filter((item) => item.skuId === skuId)
          .map(({ quantity }) => quantity),
      )
    const received = sum(rows.filter(({ kind }) => RECEIVED.includes(kind)).map((row) => row.delta))
    const said = books.views.find((view) => view.skuId === skuId)
    const wrong: string[] = []
    if (stock < 0 || (said?.available ?? 0) < 0) wrong.push(`oversold: ${stock} left`)
    const all = sum(rows.map(({ delta }) => delta))
    if (all !== stock) wrong.push(`the ledger comes to ${all}, the row has ${stock}`)
    const taken = units(TAKEN)
    if (received !== taken + stock) {
      wrong.push(`${received} received are not ${taken} taken + ${stock} there`)
    }
    if (said === undefined) wrong.push('the shop says nothing')
    else {
      const { sold, held, available } = said
      if (said.received !== received) wrong.push(`says ${said.received} of ${received} received`)
      if (said.received !== sold + held + available) {
        wrong.push(`says ${said.received} = ${sold} + ${held} + ${available}`)
      }
      if (sold !== units(SOLD)) wrong.push(`says ${sold} sold of ${units(SOLD)}`)
    }
    return wrong.map((what) => ({ rule, what: `SKU ${skuId}: ${what}` }))
  })
}

/** Each order takes and gives back each of its units at most once, and by its state. */
export function ledgerOncePerOrder({ purchases }: History, books: Books): Violation[] {
  const rule = 'an order takes its units once'
  const booked = new Map(books.orders.map((order) => [order.orderId, order]))
  const traces = new Map(
    purchases.flatMap(({ accepted, trace }) => accepted.map((id) => [id, trace])),
  )
  const byOrder = Map.groupBy(
    books.ledger.filter(({ orderId }) => orderId !== undefined),
    ({ orderId }) => orderId as string,
  )
  const orderIds = new Set([...byOrder.keys(), ...booked.keys()])
  return [...orderIds].flatMap((orderId) => {
    const order = booked.get(orderId)
    const rows = byOrder.get(orderId) ?? []
    const of = (kind: string) =>
      sum(rows.filter((row) => row.kind === kind).map((row) => row.delta))
    const units = sum((order?.items ?? []).map(({ quantity }) => quantity))
    const state = order?.state ?? 'not there'
    const reserved = TAKEN.includes(state) || state === 'cancelled' ? -units : 0
    const released = state === 'cancelled' ? units : 0
    const wrong =
      of('reserve') !== reserved ||
      of('release') !== released ||
      (of('restock') !== 0 && of('restock') !== units)
    if (!wrong) return []
    const said = rows.map(({ kind, delta }) => `${kind} ${delta}`).join(', ') || 'nothing'
    const what = `order ${orderId}, ${state}, of ${units} units has in the ledger: ${said}`
    return [{ rule, what, orders: [orderId], traces: [traces.get(orderId) ?? ''] }]
  })
}

/** At rest Redis says what the database says, and holds nothing any more. */
export function countersEqualRows(_: History, books: Books): Violation[] {
  const rule = 'counters equal the database'
  return books.counters.flatMap(({ skuId, counter, holds, doubtful }) => {
    const row = books.skus.find((sku) => sku.skuId === skuId)
    const wrong: string[] = []
    if (holds > 0) wrong.push(`${holds} holds are left`)
    // No counter is right as well: the next order fills it.
    if (counter !== undefined && row !== undefined) {
      if (counter.base !== row.stock || counter.version !== row.version) {
        wrong.push(`${counter.base} (${counter.version}) is not ${row.stock} (${row.version})`)
      }
      const nobody = counter.held - doubtful
      if (nobody !== 0 && holds === 0) wrong.push(`${nobody} held by nobody`)
    }
    return wrong.map((what) => ({ rule, what: `SKU ${skuId}: ${what}` }))
  })
}

/** What an admin was told is booked stands in the ledger, once; what he was not told at most once. */
export function deliveriesOnce({ deliveries }: History, { ledger }: Books): Violation[] {
  const rule = 'a delivery is booked once'
  return deliveries.flatMap(({ reason, delta, done, trace }) => {
    const rows = ledger.filter((row) => row.reason === reason)
    const fits = rows.length === 0 ? !done : rows.length === 1 && rows[0]?.delta === delta
    if (fits) return []
    const what = `${reason} (${delta}) was ${done ? '' : 'not '}confirmed and is booked ${rows.length} times`
    return [{ rule, what, traces: [trace] }]
  })
}
