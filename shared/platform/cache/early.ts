/**
 * How far ahead of its time a reader refreshes an entry, as a multiple of the time that filling it
 * took: mostly a little, seldom a lot. Of many readers one is nearly always early, so a busy entry is
 * new before it is old, and nobody waits; one that takes long to fill is begun earlier. An entry is due
 * where now + delta × this ≥ its end.
 *
 * @returns a draw from the exponential distribution with mean 1 (β = 1)
 * @see Vattani, Chierichetti, Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", PVLDB 8(8),
 *   2015, XFetch (figure 2)
 */
export function drawEarliness(random: () => number = Math.random): number {
  return -Math.log(1 - random())
}

/** Entries that were filled together do not end together: each gets up to a tenth less. */
export function jittered(seconds: number, random: () => number = Math.random): number {
  return seconds * (1 - random() * 0.1)
}
