export type Axis = {
  /** What it shows, with its unit. */
  label: string
  /** In powers of ten: for values that are far apart. They must be above 0. */
  log?: boolean
}

export type Scale = { ticks: number[]; at(value: number): number }

/** About so many lines across a chart. */
const TICKS = 5

/**
 * @param values all that must fit; a linear axis begins at 0
 * @param from the axis's first pixel
 * @param to its last, which may be the smaller one
 */
export function scale({ log = false }: Axis, values: readonly number[], from: number, to: number) {
  const ticks = log ? powersAround(values) : roundSteps(Math.max(...values))
  const place = log ? Math.log10 : (value: number) => value
  const [low, high] = [place(ticks[0] ?? 0), place(ticks.at(-1) ?? 1)]
  const at = (value: number) => from + ((place(value) - low) / (high - low)) * (to - from)
  return { ticks, at } satisfies Scale
}

function powersAround(values: readonly number[]): number[] {
  const first = Math.floor(Math.log10(Math.min(...values)))
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))))
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index))
}

/** Steps of 1, 2 or 5 times a power of ten, from 0 to at least `highest`. */
function roundSteps(highest: number): number[] {
  const rough = Math.max(highest, Number.MIN_VALUE) / TICKS
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough) ?? power
  return Array.from({ length: Math.ceil(highest / step) + 1 }, (_, index) => index * step)
}

/** A tick's number, short: `5k`, `1M`, `0.2`. */
export function short(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`
  if (value >= 1e3) return `${Number((value / 1e3).toPrecision(3))}k`
  return String(Number(value.toPrecision(3)))
}
