import { isFailing, RULE } from '../../../shared/platform/resilience/window.ts'

/** @returns a bound of how likely the rule is to hold after a call, where calls fail with this probability */
export function chanceOfWindow(failing: number): number {
  const { calls, failures } = RULE
  let chance = failing ** RULE.inARow
  let ways = 1
  for (let failed = 0; failed <= calls; failed++) {
    if (failed >= failures) chance += ways * failing ** failed * (1 - failing) ** (calls - failed)
    ways = (ways * (calls - failed)) / (failed + 1)
  }
  return Math.min(1, chance)
}

/** @returns after how many calls the rule held first; `limit` where it never did */
export function callsUntilOpen(failing: number, limit: number): number {
  const latest: boolean[] = []
  for (let call = 1; call <= limit; call++) {
    const failed = Math.random() < failing
    latest.push(failed)
    if (latest.length > RULE.calls) latest.shift()
    if (failed && isFailing(latest, RULE)) return call
  }
  return limit
}
