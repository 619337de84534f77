import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../local/root.ts'

export type DnsFigures = { intervalSeconds: number; threshold: number; ttlSeconds: number }

/** The figures of infra/regions.yml: how often and how many times a region is checked, and the names' TTL. */
export function dnsFigures(): DnsFigures {
  const text = readFileSync(join(ROOT, 'infra', 'regions.yml'), 'utf8')
  const numberAt = (pattern: RegExp) => Number(pattern.exec(text)?.[1])
  return {
    intervalSeconds: numberAt(/RequestInterval: (\d+)/),
    threshold: numberAt(/FailureThreshold: (\d+)/),
    ttlSeconds: numberAt(/PublicRecord:.*?TTL: "(\d+)"/s),
  }
}

/** The longest that a checker waits for one answer: four seconds to connect, two for the status. */
const ANSWER_SECONDS = 6

/**
 * How long Route 53 takes to lead clients away: each checker needs `threshold` failures in a row, one
 * each interval, and whoever has just resolved the name keeps it for its TTL.
 * @returns seconds, for a region that refuses at once and a name resolved long ago; and for one that
 *   hangs, just after a check, and a name resolved at the last moment
 * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
 */
export function dnsSeconds({ intervalSeconds, threshold, ttlSeconds }: DnsFigures) {
  return {
    least: (threshold - 1) * intervalSeconds,
    most: threshold * intervalSeconds + ANSWER_SECONDS + ttlSeconds,
  }
}
