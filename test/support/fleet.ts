import type { Fleet } from '../../shared/platform/resilience/reporter.ts'
import { isFailing, RULE } from '../../shared/platform/resilience/window.ts'

/**
 * What fleet.ts keeps in Redis, in plain words and by a clock that a test sets; a test holds the two
 * against each other. @returns makes a container's view of it
 */
export function modelFleet(
  now: () => number,
  { openMillis = 1_000 } = {},
): (container: string) => Fleet {
  const KEEP_MILLIS = 60_000
  let calls: { failed: boolean; container: string }[] = []
  let callsUntil = 0
  let openUntil = 0
  let rest: { until: number; holder: string } = { until: 0, holder: '' }
  const isOpen = () => now() < openUntil
  const wait = () => Math.max(rest.until - now(), 0)

  return (container) => ({
    async report(outcomes) {
      if (isOpen()) return { waitMillis: wait() }
      if (outcomes.length === 0) return 'closed'
      if (now() >= callsUntil) calls = []
      callsUntil = now() + KEEP_MILLIS
      calls = [...calls, ...outcomes.map((failed) => ({ failed, container }))].slice(-RULE.calls)
      const failures = calls.filter(({ failed }) => failed)
      const failing = new Set(failures.map((call) => call.container))
      const latest = calls.map(({ failed }) => failed)
      if (!isFailing(latest, RULE) || failing.size < 3) return 'closed'
      calls = []
      openUntil = now() + KEEP_MILLIS
      rest = { until: now() + openMillis, holder: '' }
      return { waitMillis: openMillis }
    },
    async ask() {
      if (!isOpen()) return 'closed'
      if (wait() > 0) return { waitMillis: rest.holder === '' ? wait() : Math.min(wait(), 200) }
      rest = { until: now() + openMillis, holder: container }
      return 'try'
    },
    async tried(failed) {
      if (!failed) {
        calls = []
        openUntil = 0
        rest = { until: 0, holder: '' }
      } else if (isOpen()) {
        openUntil = now() + KEEP_MILLIS
        if (wait() > 0 && rest.holder === container) rest.holder = ''
      }
    },
  })
}
