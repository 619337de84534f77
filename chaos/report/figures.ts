import { quantile } from '../../local/lib/stats.ts'
import type { Played } from '../faults/play.ts'
import type { Asked } from '../history.ts'

/** What shoppers met while a fault was there. */
export type Met = {
  name: string
  seconds: number
  requests: number
  /** Percent of the requests that got what they asked for, or a refusal that is the right answer. */
  availability: number
  p50: number
  p99: number
  /** Answers by code; `ok`, and `none` where there was no answer. */
  codes: Record<string, number>
}

/** Answers that say: not now. Everything else is an answer, also one like "out of stock". */
export const failed = ({ status, code }: Asked) =>
  status === 0 || status >= 500 || status === 429 || code === 40903

const codeOf = ({ status, code }: Asked) => {
  if (status === 0) return 'none'
  return code === 0 ? 'ok' : `${code}`
}

function metBy(name: string, seconds: number, asked: readonly Asked[]): Met {
  const times = asked.map(({ millis }) => millis).toSorted((a, b) => a - b)
  const codes: Record<string, number> = {}
  for (const one of asked) codes[codeOf(one)] = (codes[codeOf(one)] ?? 0) + 1
  const good = asked.filter((one) => !failed(one)).length
  return {
    ...{ name, seconds, requests: asked.length },
    availability: asked.length === 0 ? 100 : (100 * good) / asked.length,
    p50: times.length === 0 ? 0 : quantile(times, 0.5),
    p99: times.length === 0 ? 0 : quantile(times, 0.99),
    codes: Object.fromEntries(Object.entries(codes).toSorted(([, a], [, b]) => b - a)),
  }
}

/** A request belongs to a fault where any of it fell into the fault's time. */
const touches = ({ at, millis }: Asked, { from, to }: Played) => at < to && at + millis > from
/** While connections are made anew and breakers try again. */
const RECOVERY_MILLIS = 3_000
const follows = ({ at }: Asked, { to }: Played) => at >= to && at < to + RECOVERY_MILLIS

/**
 * @returns rows for the time without faults and for the seconds after one, then one for each fault in the
 *   order of their coming
 */
export function figuresOf(
  asked: readonly Asked[],
  played: readonly Played[],
  { from, to }: { from: number; to: number },
): Met[] {
  const during = asked.filter(({ at }) => at >= from && at < to)
  const quiet = during.filter((one) => !played.some((fault) => touches(one, fault)))
  const isAfter = (one: Asked) => played.some((fault) => follows(one, fault))
  const faulty = played.reduce((sum, fault) => sum + fault.to - fault.from, 0)
  const recovering = played.reduce((sum, fault, index) => {
    const next = played[index + 1]?.from ?? to
    return sum + Math.max(0, Math.min(RECOVERY_MILLIS, next - fault.to))
  }, 0)
  return [
    metBy(
      'no fault',
      (to - from - faulty - recovering) / 1000,
      quiet.filter((one) => !isAfter(one)),
    ),
    metBy(
      `within ${RECOVERY_MILLIS / 1000} s after a fault`,
      recovering / 1000,
      quiet.filter(isAfter),
    ),
    ...played.map((fault) => {
      const mine = during.filter((one) => touches(one, fault))
      return metBy(fault.name, (fault.to - fault.from) / 1000, mine)
    }),
  ]
}

/** One step of the timeline, of so many seconds after the beginning. */
export type Moment = {
  at: number
  requests: number
  success: number | undefined
  p99: number | undefined
}

/** @returns share of success (percent) and p99 (ms) by the time at which requests were made */
export function momentsOf(
  asked: readonly Asked[],
  { from, to }: { from: number; to: number },
  stepSeconds: number,
): Moment[] {
  const count = Math.max(1, Math.ceil((to - from) / 1000 / stepSeconds))
  const bins: Asked[][] = Array.from({ length: count }, () => [])
  for (const one of asked) bins[Math.floor((one.at - from) / 1000 / stepSeconds)]?.push(one)
  return bins.map((bin, index) => {
    const { requests, availability, p99 } = metBy('', 0, bin)
    const nobody = requests === 0
    return {
      ...{ at: index * stepSeconds, requests },
      success: nobody ? undefined : availability,
      p99: nobody ? undefined : p99,
    }
  })
}
