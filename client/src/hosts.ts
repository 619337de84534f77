const REST_MILLIS = 15_000
const MAX_REST_MILLIS = 300_000

type Host = { url: string; restsUntil: number; failures: number }

/**
 * Which base URL to use. The first is preferred; one that fails rests, twice as long each time in a
 * row, and calls go to the next. Its rest over, the next call that may be repeated tries it again.
 * @param urls in order of preference; at least one
 */
export function createHosts(urls: readonly string[], now: () => number) {
  const hosts: Host[] = urls.map((url) => ({
    url: url.replace(/\/+$/, ''),
    restsUntil: 0,
    failures: 0,
  }))
  if (hosts.length === 0) throw new TypeError('baseUrls: name at least one')
  let proven: Host | undefined

  const isUp = (host: Host) => host.restsUntil <= now()

  return {
    /**
     * @param repeatable whether the call may be sent again: one that may not goes where the last
     *   answer came from, and does not try out what failed before
     */
    pick(repeatable: boolean): Host {
      if (!repeatable && proven !== undefined && isUp(proven)) return proven
      const soonest = (a: Host, b: Host) => (b.restsUntil < a.restsUntil ? b : a)
      return hosts.find(isUp) ?? hosts.reduce(soonest)
    },
    /** Whether one is left that does not rest. */
    anyUp: () => hosts.some(isUp),
    worked(host: Host): void {
      host.failures = 0
      host.restsUntil = 0
      proven = host
    },
    /** @param millis how long the host itself asked to be left alone */
    failed(host: Host, millis?: number): void {
      const rest = Math.min(MAX_REST_MILLIS, REST_MILLIS * 2 ** host.failures)
      host.failures++
      host.restsUntil = now() + (millis ?? rest)
    },
  }
}
