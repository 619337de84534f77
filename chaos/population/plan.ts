import type { Random } from '../random.ts'

/** What becomes of an order once it is accepted. `late`: cancelled while its money is on its way. */
export type Then = 'leave' | 'read' | 'cancel' | 'pay' | 'late' | 'ship' | 'refund'

/** One shopper comes by and orders. */
export type Visit = {
  /** Milliseconds after the beginning. */
  at: number
  shopper: number
  sku: number
  quantity: number
  key: string
  browses: boolean
  /** Sends the order twice at once, as a thumb does. */
  twice: boolean
  /** Hangs up after so many milliseconds, and asks again with the same key. */
  hangsUpAfter: number | undefined
  coupon: boolean
  then: Then
  /** How WeChat tells of the payment: 0 times, once or more, and how late. */
  notice: { times: number; delayMs: number }
}

/** What an admin does. */
export type Errand =
  | { at: number; kind: 'stock'; sku: number; delta: number; key: string }
  | { at: number; kind: 'campaign'; key: string; recipients: number }
  | { at: number; kind: 'export' | 'look'; key: string }

export type Plan = {
  shoppers: { name: string; email: string | undefined }[]
  /** Units at the beginning, and how many a user may have. */
  skus: { units: number; limit: number | undefined }[]
  visits: Visit[]
  errands: Errand[]
}

const ORDERS_PER_SHOPPER = 25
const [FEWEST_SHOPPERS, MOST_SHOPPERS] = [12, 300]
/** Of a hundred orders. */
const OUTCOMES: readonly [Then, number][] = [
  ['leave', 66],
  ['read', 12],
  ['cancel', 8],
  ['pay', 6],
  ['late', 2],
  ['ship', 3],
  ['refund', 3],
]
/** Of a hundred payments: how often WeChat's notice comes. */
const NOTICES: readonly [times: number, weight: number][] = [
  [1, 70],
  [3, 20],
  [0, 10],
]
/** Shares of the orders: two hot SKUs with plenty, two with too few, and one limited per user. */
const SKU_SHARES: readonly [sku: number, weight: number][] = [
  [0, 40],
  [1, 30],
  [2, 12],
  [3, 8],
  [4, 10],
]
const LIMIT_PER_USER = 3

function weighted<T>(random: Random, options: readonly [T, number][]): T {
  let left = random.next() * options.reduce((sum, [, weight]) => sum + weight, 0)
  for (const [one, weight] of options) {
    left -= weight
    if (left < 0) return one
  }
  return options[0]?.[0] as T
}

/**
 * What shoppers and admins do in a run: the same seed, the same plan. When exactly each request is made,
 * and what comes of it, the real stack decides.
 */
export function planOf(
  random: Random,
  { seed, orders, seconds }: { seed: number; orders: number; seconds: number },
): Plan {
  const count = Math.ceil(orders / ORDERS_PER_SHOPPER)
  const shoppers = Array.from(
    { length: Math.min(MOST_SHOPPERS, Math.max(FEWEST_SHOPPERS, count)) },
    (_, at) => ({
      name: `chaos-${seed}-${at}`,
      email: random.chance(0.5) ? `chaos-${seed}-${at}@example.com` : undefined,
    }),
  )
  const millis = seconds * 1000
  const visits = Array.from({ length: orders }, (_, at): Visit => {
    const then = weighted(random, OUTCOMES)
    return {
      at: Math.round((at / orders) * millis),
      shopper: random.whole(0, shoppers.length - 1),
      sku: weighted(random, SKU_SHARES),
      quantity: random.whole(1, 2),
      key: `chaos-${seed}-order-${at}`,
      browses: random.chance(0.15),
      twice: random.chance(0.05),
      hangsUpAfter: random.chance(0.04) ? random.whole(1, 60) : undefined,
      coupon: random.chance(0.03),
      then,
      notice: {
        times: weighted(random, NOTICES),
        delayMs: random.chance(0.2) ? random.whole(100, 3_000) : 0,
      },
    }
  })
  const units = [orders * 3, orders * 3, Math.ceil(orders * 0.1), Math.ceil(orders * 0.06), orders]
  return {
    shoppers,
    skus: units.map((some, at) => ({ units: some, limit: at === 4 ? LIMIT_PER_USER : undefined })),
    visits,
    errands: errandsOf(random, seed, seconds),
  }
}

/** About one every second, at most three hundred. */
function errandsOf(random: Random, seed: number, seconds: number): Errand[] {
  const count = Math.min(300, Math.floor(seconds))
  return Array.from({ length: count }, (_, index): Errand => {
    const at = Math.round(((index + random.next()) / count) * seconds * 1000)
    const key = `chaos-${seed}-errand-${index}`
    const kind = weighted(random, [
      ['stock', 6],
      ['campaign', 2],
      ['export', 1],
      ['look', 1],
    ] as const satisfies [Errand['kind'], number][])
    switch (kind) {
      case 'stock':
        // More comes than goes: the scarce ones are to be sold again.
        return { at, kind, key, sku: random.whole(0, 4), delta: random.pick([5, 10, 20, -1, -3]) }
      case 'campaign':
        return { at, kind, key, recipients: random.whole(1, 20) }
      default:
        return { at, kind, key }
    }
  })
}
