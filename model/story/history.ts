import type * as z from 'zod/mini'
import type { OrderReceipt } from '../../shared/domain/orders/schemas.ts'

export type Receipt = z.output<typeof OrderReceipt>

/** What is not as it must be. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

/** One key of a shopper: what was asked with it, and all the receipts that came. */
export type Asked = {
  userId: string
  key: string
  items: { skuId: string; quantity: number }[]
  couponId?: string
  receipts: Receipt[]
  /** The oldest price of each SKU that could be had when this was asked first, by its place. */
  floors: Map<string, number>
}

/** What the people of a world know: what they asked for, and what they were told. */
export type History = {
  asked: Asked[]
  /** Corrections of stock that admins asked for, by key, with all the answers that came. */
  corrections: Map<string, Set<string>>
  /** When Redis lost all that it had. */
  losses: number[]
  /** All that a SKU has cost, in turn. No price comes twice. */
  prices: Map<string, number[]>
  /** Prices that caches were told of, by their places: from when on nobody may be shown an older one. */
  told: { skuId: string; place: number; knownAt: number }[]
  /** Orders that Redis has held, and since when. */
  held: Map<string, number>
  /** Orders whose message the queue or the outbox has or had, and since when. */
  queued: Map<string, number>
  /** Orders whose message went to the dead letters. */
  dead: Set<string>
  /** Money that a payer has paid. */
  paid: Set<string>
}

export const newHistory = (): History => ({
  asked: [],
  corrections: new Map(),
  losses: [],
  prices: new Map(),
  told: [],
  held: new Map(),
  queued: new Map(),
  dead: new Set(),
  paid: new Set(),
})

export function must(holds: boolean, what: () => string): void {
  if (!holds) throw new Violation(what())
}
