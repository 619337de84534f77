/** How many requests: `perSecond` in the long run, and `burst` at once after a quiet time. */
export type Rate = { perSecond: number; burst: number }

/** Whose requests a limit counts: everybody's together, those of one address, those of one user. */
export const SCOPES = ['shop', 'address', 'user'] as const
export type Scope = (typeof SCOPES)[number]

/** What limits a route; routes with the same limit are counted together. */
export type Limit = { [scope in Scope]?: Rate } & {
  name: string
  /** Whether requests pass, or are refused with 503, while nobody can count them. */
  withoutRedis: 'open' | 'closed'
}

/** The same limit, for `factor` times as many requests. */
export function multiplied(limit: Limit, factor: number): Limit {
  if (factor === 1) return limit
  const rates = SCOPES.flatMap((scope) => {
    const { perSecond, burst } = limit[scope] ?? {}
    if (perSecond === undefined || burst === undefined) return []
    return [[scope, { perSecond: perSecond * factor, burst: burst * factor }]]
  })
  return { ...limit, ...Object.fromEntries(rates) }
}

/** What is counted under one key, in the units of Redis's clock: microseconds. */
export type Terms = Rate & {
  scope: Scope
  /** One permit comes back in each interval. */
  interval: number
  /** Permits that a container gets at once though there is little left. */
  batch: number
  /** How far ahead of its time a batch may be reserved. */
  ahead: number
  /** Requests that a container lets pass before it tells Redis of them. */
  credit: number
}

const MICROS = 1_000_000
/** Share of a second's permits that are a batch, and of the burst that are a container's credit. */
const HUNDREDTH = 100

/**
 * The shop's own limits are exact: each permit is paid for before it is used. Those of users and
 * addresses, of whom most make a request or two, give credit: docs/decisions/0026-limits.md.
 */
export function termsOf(scope: Scope, { perSecond, burst }: Rate): Terms {
  const batch = Math.max(1, Math.floor(perSecond / HUNDREDTH))
  const credit = scope === 'shop' ? 0 : Math.floor(burst / HUNDREDTH)
  const ahead = scope === 'shop' && batch > 1 ? MICROS : 0
  return { scope, perSecond, burst, interval: Math.ceil(MICROS / perSecond), batch, ahead, credit }
}
