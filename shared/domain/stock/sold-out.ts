import { createMemory } from '../../platform/cache/memory.ts'

/**
 * What this container knows to be sold out: the database had not one unit, so only a cancelled order or
 * a delivery can bring some. Believed for a moment, so that a sale's late buyers cost Redis little.
 */
const REMEMBER_MILLIS = 1_000
const REMEMBER_COUNT = 1_000

const soldOut = createMemory<true>(REMEMBER_COUNT, () => performance.now())

/** Notes SKUs of which the database has none. */
export function noteSoldOut(skuIds: readonly string[]): void {
  const until = performance.now() + REMEMBER_MILLIS
  for (const skuId of skuIds) soldOut.set(skuId, true, until)
}

/** Forgets what this container sees come back. */
export function noteRows(rows: readonly { skuId: string; stock: number }[]): void {
  for (const { skuId, stock } of rows) if (stock > 0) soldOut.delete(skuId)
}

/** @returns those of the SKUs that were sold out a moment ago */
export function soldOutAmong(skuIds: readonly string[]): string[] {
  return skuIds.filter((skuId) => soldOut.get(skuId) === true)
}
