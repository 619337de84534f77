import type { Clock } from './clock.ts'

const REST_MILLIS = 5_000
const MAX_REST_MILLIS = 60_000

type Host = { url: string; failures: number; failedAt: number; restsUntil: number }

/**
 * Which base URL to use: the first that is well. One that fails rests, about twice as long each time in
 * a row, and is then asked for its health, so that no call has to find out; calls go back to it once it
 * says that it is ready.
 * @param urls in order of preference; at least one
 */
export function createHosts(urls: readonly string[], { now, random }: Clock) {
  const hosts: Host[] = urls.map((url) => ({
    url: url.replace(/\/+$/, ''),
    failures: 0,
    failedAt: 0,
    restsUntil: 0,
  }))
  if (hosts.length === 0) throw new TypeError('baseUrls: name at least one')

  const isWell = ({ failures }: Host) => failures === 0
  const isResting = ({ restsUntil }: Host) => restsUntil > now()

  function rest(host: Host, atLeast = 0): void {
    const most = Math.min(MAX_REST_MILLIS, REST_MILLIS * 2 ** host.failures)
    // Spread: a region that comes back is not to be asked by all phones in the same second.
    const millis = most * (0.5 + random() / 2)
    host.failures++
    host.restsUntil = now() + Math.max(millis, atLeast)
  }

  return {
    /** Where the next call goes; where none is well, to the one that failed the longest time ago. */
    pick(): Host {
      const earlier = (a: Host, b: Host) => (b.failedAt < a.failedAt ? b : a)
      return hosts.find(isWell) ?? hosts.reduce(earlier)
    },
    /** Whether another one is well. */
    isAnother: (host: Host) => hosts.some((other) => other !== host && isWell(other)),
    /**
     * One that would be preferred to what is used now, and has rested: whoever gets it is to ask for its
     * health, and to say so where it `worked`. Nobody else gets it meanwhile.
     */
    due(): Host | undefined {
      const better = hosts.slice(0, Math.max(0, hosts.findIndex(isWell)))
      const host = better.find((candidate) => !isResting(candidate))
      if (host !== undefined) rest(host)
      return host
    },
    worked(host: Host): void {
      host.failures = 0
      host.restsUntil = 0
    },
    /** @param asked how long the host itself asked to be left alone, in milliseconds */
    failed(host: Host, asked?: number): void {
      host.failedAt = now()
      // Of many calls that fail at once the first has said it.
      if (!isResting(host)) rest(host, asked)
    },
  }
}
