const BASE_MILLIS = 300
const CAP_MILLIS = 8_000

/**
 * How long to wait before the next try: exponential backoff with full jitter, after whatever the
 * shop asked for in Retry-After.
 * @param attempt the try that failed, from 1
 * @param random from 0 up to, but not including, 1
 * @returns milliseconds
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoff(attempt: number, retryAfterMillis: number, random: number): number {
  return retryAfterMillis + random * Math.min(CAP_MILLIS, BASE_MILLIS * 2 ** (attempt - 1))
}

/**
 * Reads the header Retry-After: seconds, or a date (RFC 9110, 10.2.3).
 * @returns milliseconds from now, or undefined where there is none to read
 */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\d+$/.test(header)) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
