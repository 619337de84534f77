/** What a container keeps in its memory; where there is no more room, what was used longest ago goes. */
export type Memory<T> = {
  /** @returns what was kept under the key, where its time is not over */
  get(key: string): T | undefined
  /** @returns what was kept under the key, though its time may be over; does not count as a use */
  peek(key: string): T | undefined
  /** @param until on the clock of `now`, in milliseconds. What is larger than all room is not kept */
  set(key: string, value: T, until: number): void
  delete(key: string): void
  clear(): void
}

/**
 * Makes a memory, which lives and dies with its container.
 * @param limit how much it keeps in all: entries, or what `sizeOf` counts in
 * @param now the clock by which entries end, in milliseconds
 */
export function createMemory<T>(
  limit: number,
  now: () => number,
  sizeOf: (value: T) => number = () => 1,
): Memory<T> {
  // A Map keeps the order in which its keys came: what is used is put in anew, so the first is the oldest.
  const entries = new Map<string, { value: T; until: number; size: number }>()
  let total = 0

  function remove(key: string): void {
    total -= entries.get(key)?.size ?? 0
    entries.delete(key)
  }

  return {
    get(key) {
      const entry = entries.get(key)
      if (entry === undefined || entry.until <= now()) return undefined
      entries.delete(key)
      entries.set(key, entry)
      return entry.value
    },
    peek: (key) => entries.get(key)?.value,
    set(key, value, until) {
      remove(key)
      const size = sizeOf(value)
      if (size > limit) return
      entries.set(key, { value, until, size })
      total += size
      for (const oldest of entries.keys()) {
        if (total <= limit) break
        remove(oldest)
      }
    },
    delete: remove,
    clear() {
      entries.clear()
      total = 0
    },
  }
}
