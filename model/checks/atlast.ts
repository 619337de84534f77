import { LEASE_MILLIS } from '../../shared/domain/intake/keys.ts'
import { type Asked, type History, must, type Receipt } from '../story/history.ts'
import { mustBeFresh } from '../story/prices.ts'
import { DISCOUNT } from '../story/shop.ts'
import type { Scene } from '../story/shopper.ts'
import type { World } from '../world/world.ts'
import { nothingIsLeft } from './rest.ts'

type Order = {
  id: string
  user_id: string
  state: string
  items_fen: string
  total_fen: string
  remark: string
  coupon_id: string | null
}

const SOLD = ['paid', 'shipped', 'completed', 'refunding', 'refunded']
const KEPT = ['paid', 'shipped', 'completed', 'refunding']

/** What holds when all has come to rest: nothing is under way, and nothing fails any more. */
export function checkAtLast(scene: Scene): void {
  const { world, history } = scene
  const orders = world.database.look<Order>('SELECT * FROM orders')
  for (const asked of history.asked) keyIsOneOrder(scene, asked, orders)
  for (const order of orders) {
    ledgerFits(scene, order)
    moneyFits(scene, order)
  }
  correctedOnce(scene)
  booksBalance(scene)
  nothingIsLeft(scene)
}

function keyIsOneOrder({ world, history }: Scene, asked: Asked, orders: Order[]): void {
  const { database } = world
  const { key, userId, couponId, receipts } = asked
  const made = orders.filter(({ remark }) => remark === key)
  must(made.length <= 1, () => `key ${key} made ${made.length} orders`)
  const [order] = made
  const names = namesOf(world)
  const named = ({ orderId }: Receipt) => names.get(orderId) ?? orderId
  // Two faults at once: the queue did not take it, and Redis has lost it since.
  const isExcused = (receipt: Receipt) =>
    history.losses.length > 0 &&
    !history.queued.has(receipt.orderId) &&
    named(receipt) !== order?.id
  const told = receipts.filter((receipt) => !isExcused(receipt))
  const answers = new Set(told.map(named))
  must(answers.size <= 1, () => `key ${key} got several answers: ${[...answers].join(' and ')}`)
  const [receipt] = told
  if (receipt === undefined) return
  must(order !== undefined, () => `${receipt.orderId} of key ${key} was accepted and is lost`)
  if (order === undefined) return
  const mine = told.filter(({ orderId }) => orderId === order.id)
  must(answers.has(order.id), () => `key ${key} got ${receipt.orderId}, and made ${order.id}`)
  const texts = new Set(mine.map((one) => JSON.stringify(one)))
  must(texts.size <= 1, () => `key ${key} got several answers: ${[...texts].join(' and ')}`)
  must(order.user_id === userId, () => `${order.id} is somebody else's`)
  const fits = mine.every(({ totalFen }) => totalFen === Number(order.total_fen))
  must(fits, () => `${order.id} costs something else than was said`)
  const off = couponId === undefined ? 0 : DISCOUNT
  const discounted = Number(order.items_fen) - Number(order.total_fen) === off
  must(discounted, () => `${order.id} has another discount`)
  const excused = history.losses.length > 0 || wasUnsent(history, order.id)
  must(
    order.state !== 'failed' || excused,
    () => `${order.id} was accepted and could not be fulfilled`,
  )
  const sold = database.look<{ sku_id: string; price_fen: string; quantity: number }>(
    'SELECT sku_id, price_fen, quantity FROM order_items WHERE order_id = ?',
    [order.id],
  )
  must(sold.length === asked.items.length, () => `${order.id} has ${sold.length} items`)
  for (const { skuId, quantity } of asked.items) {
    const item = sold.find(({ sku_id }) => sku_id === skuId)
    must(item?.quantity === quantity, () => `${order.id} has ${item?.quantity} of SKU ${skuId}`)
    mustBeFresh(history, skuId, Number(item?.price_fen), asked.floors.get(skuId) ?? 0)
  }
}

/** The queue did not take it, and others went around Redis meanwhile, which alone knew of it. */
function wasUnsent({ held, queued }: History, orderId: string): boolean {
  const [since, sent] = [held.get(orderId), queued.get(orderId)]
  return since !== undefined && (sent === undefined || sent - since > LEASE_MILLIS)
}

/** Orders by other ids under which they were acknowledged: attempts with one key that went two ways. */
function namesOf({ database }: World): Map<string, string> {
  const rows = database.look<{ id: string; order_id: string }>('SELECT * FROM order_aliases')
  return new Map(rows.map(({ id, order_id }) => [id, order_id]))
}

/** What was asked for with a key was done once where it was answered, and all answers are the same. */
function correctedOnce({ world: { database }, history }: Scene): void {
  for (const [key, answers] of history.corrections) {
    const { length } = database.look('SELECT id FROM stock_ledger WHERE reason = ?', [key])
    must(length <= 1, () => `${key} was booked ${length} times`)
    must(
      answers.size <= length,
      () => `${key} got ${answers.size} answers, and was booked ${length} times`,
    )
  }
}

/** Each step of an order on a SKU is booked once, and as its state says. */
function ledgerFits({ world: { database } }: Scene, { id, state }: Order): void {
  const items = database.look<{ sku_id: string; quantity: number }>(
    'SELECT sku_id, quantity FROM order_items WHERE order_id = ?',
    [id],
  )
  for (const { sku_id, quantity } of items) {
    const rows = database.look<{ kind: string; delta: number }>(
      'SELECT kind, delta FROM stock_ledger WHERE order_id = ? AND sku_id = ?',
      [id, sku_id],
    )
    const booked = rows.map(({ kind, delta }) => `${kind} ${delta}`).sort()
    const taken = state === 'failed' ? [] : [`reserve ${-quantity}`]
    const given =
      state === 'cancelled'
        ? [`release ${quantity}`]
        : state === 'refunded'
          ? [`restock ${quantity}`]
          : []
    const expected = [...taken, ...given].sort()
    must(
      String(booked) === String(expected),
      () => `${state} order ${id} has booked ${booked}, not ${expected}`,
    )
  }
}

/** The shop has the money of an order that is paid, and no other. */
function moneyFits(
  { world: { database, wechat }, history }: Scene,
  { id, state, total_fen }: Order,
): void {
  const net = wechat.netFen(id)
  const due = KEPT.includes(state) ? Number(total_fen) : 0
  must(net === due, () => `${state} order ${id} has ${net} fen, not ${due}`)
  const payments = database.look('SELECT order_id FROM payments WHERE order_id = ?', [id])
  must(
    payments.length === Number(history.paid.has(id)),
    () => `${id} has ${payments.length} payments`,
  )
}

function booksBalance({ world: { database } }: Scene): void {
  const rows = database.look<{
    id: string
    stock: number
    received: string
    sold: string | null
    held: string | null
  }>(
    `SELECT s.id AS id, s.stock AS stock,
       (SELECT SUM(delta) FROM stock_ledger WHERE sku_id = s.id AND kind IN ('receive', 'correct', 'restock')) AS received,
       (SELECT SUM(quantity) FROM order_items i JOIN orders o ON o.id = i.order_id
         WHERE i.sku_id = s.id AND o.state IN ('${SOLD.join("', '")}')) AS sold,
       (SELECT SUM(quantity) FROM order_items i JOIN orders o ON o.id = i.order_id
         WHERE i.sku_id = s.id AND o.state = 'unpaid') AS held
     FROM skus s`,
  )
  for (const { id, stock, received, sold, held } of rows) {
    const there = Number(sold) + Number(held) + stock
    must(
      Number(received) === there,
      () => `SKU ${id}: received ${received}, sold, held and available ${there}`,
    )
  }
  const claims = database.look<{ user_id: string; used: number; uses: string }>(
    `SELECT user_id, used, (SELECT COUNT(*) FROM coupon_uses c
       WHERE c.user_id = u.user_id AND c.coupon_id = u.coupon_id AND c.state = 'used') AS uses
     FROM user_coupons u`,
  )
  for (const { user_id, used, uses } of claims) {
    must(used === Number(uses), () => `user ${user_id} has used ${used} coupons, in ${uses} orders`)
  }
}
