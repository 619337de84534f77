/**
 * What this container knows to be sold out: the database had not one unit, so only a cancelled order or
 * a delivery can bring some. Believed for a moment, so that a sale's late buyers cost Redis little.
 */
const REMEMBER_MILLIS = 1_000
const REMEMBER_COUNT = 1_000

const until = new Map<string, number>()

/** Notes SKUs of which the database has none. */
export function noteSoldOut(skuIds: readonly string[]): void {
  const now = performance.now()
  for (const skuId of skuIds) {
    // In the order of their time, so that the first is the oldest.
    until.delete(skuId)
    if (until.size >= REMEMBER_COUNT) until.delete(until.keys().next().value as string)
    until.set(skuId, now + REMEMBER_MILLIS)
  }
}

/** Forgets what this container sees come back. */
export function noteRows(rows: readonly { skuId: string; stock: number }[]): void {
  for (const { skuId, stock } of rows) if (stock > 0) until.delete(skuId)
}

/** @returns those of the SKUs that were sold out a moment ago */
export function soldOutAmong(skuIds: readonly string[]): string[] {
  const now = performance.now()
  return skuIds.filter((skuId) => (until.get(skuId) ?? 0) > now)
}
