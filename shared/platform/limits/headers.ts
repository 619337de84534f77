import { type Limit, SCOPES } from './limit.ts'
import type { Purse } from './purse.ts'

const seconds = (millis: number) => Math.ceil(millis / 1000)

/**
 * RateLimit-Policy: a bucket of `q` requests that fills up again in `w` seconds, per scope. A list of
 * structured fields (RFC 9651).
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10, section 3
 */
export function policyOf(limit: Limit): string {
  const items = SCOPES.flatMap((scope) => {
    const rate = limit[scope]
    return rate === undefined
      ? []
      : [`"${scope}";q=${rate.burst};w=${Math.ceil(rate.burst / rate.perSecond)}`]
  })
  return items.join(', ')
}

/**
 * RateLimit: how many requests are left (`r`), and the seconds until all are again, or until the
 * next one passes where none is left (`t`).
 * @param now on the clock of the limiter
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10, section 4
 */
export function standingsOf(purses: readonly Purse[], now: number): string {
  let text = ''
  for (const purse of purses) {
    const { remaining, resetMillis } = purse.standing(now)
    const item = `"${purse.terms.scope}";r=${remaining};t=${seconds(resetMillis)}`
    text = text === '' ? item : `${text}, ${item}`
  }
  return text
}

/** Retry-After: at least a second. */
export const retryAfterOf = (waitMillis: number): number => Math.max(1, seconds(waitMillis))

/**
 * Whose requests are counted together: an address, and of IPv6 the first 64 bits, since every home has as
 * many addresses as it likes within them (RFC 6177).
 */
export function addressGroup(sourceIp: string): string {
  if (!sourceIp.includes(':')) return sourceIp
  const [head = '', tail] = sourceIp.toLowerCase().split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros =
    tail === undefined ? [] : Array(Math.max(0, 8 - before.length - after.length)).fill('0')
  return [...before, ...zeros, ...after].slice(0, 4).join(':')
}
