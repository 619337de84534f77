/** Chances that a seed decides: the same seed, the same numbers in the same order. */
export type Random = {
  /** @returns a number from 0 to below 1 */
  next(): number
  /** @returns a whole number from `low` to `high`, both included */
  whole(low: number, high: number): number
  chance(share: number): boolean
  pick<T>(things: readonly T[]): T
  shuffled<T>(things: readonly T[]): T[]
  /** A stream of its own, so that what one part draws changes nothing for the others. */
  fork(name: string): Random
}

/**
 * Mulberry32: 32 bits of state, good enough to spread what happens.
 * @see https://gist.github.com/tommyettinger/46a874533244883189143505d203312c (public domain)
 */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const whole = (low: number, high: number) => low + Math.floor(next() * (high - low + 1))
  return {
    next,
    whole,
    chance: (share) => next() < share,
    pick: (things) => {
      const one = things[whole(0, things.length - 1)]
      if (one === undefined) throw new RangeError('nothing to pick from')
      return one
    },
    shuffled(things) {
      // Fisher and Yates, from the end.
      const all = [...things]
      for (let at = all.length - 1; at > 0; at--) {
        const other = whole(0, at)
        ;[all[at], all[other]] = [all[other] as never, all[at] as never]
      }
      return all
    },
    fork: (name) => randomOf(hashOf(name, seed)),
  }
}

/** FNV-1a, 32 bits. @see https://datatracker.ietf.org/doc/html/draft-eastlake-fnv */
function hashOf(text: string, seed: number): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (const unit of Buffer.from(text)) hash = Math.imul(hash ^ unit, 0x01000193) >>> 0
  return hash
}
