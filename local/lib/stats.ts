/**
 * @param sorted in ascending order, at least one
 * @returns the value that a share `q` of all are not above (nearest rank)
 */
export function quantile(sorted: readonly number[], q: number): number {
  const rank = Math.ceil(q * sorted.length) - 1
  const value = sorted[Math.min(sorted.length - 1, Math.max(0, rank))]
  if (value === undefined) throw new RangeError('nothing was measured')
  return value
}

export const median = (values: readonly number[]): number =>
  quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  )

/** Three digits that count, and thousands in groups: `0.0123`, `45.6`, `1,234`. */
export function digits(value: number): string {
  if (value === 0) return '0'
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return value.toLocaleString('en-US', {
    minimumFractionDigits: Math.min(places, 4),
    maximumFractionDigits: Math.min(places, 4),
  })
}

/** A time in the unit that suits it. */
export function time(millis: number): string {
  if (millis < 1) return `${digits(millis * 1000)} µs`
  return millis < 10_000 ? `${digits(millis)} ms` : `${digits(millis / 1000)} s`
}
