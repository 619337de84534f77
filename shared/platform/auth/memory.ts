/** What a container believes until a certain time; the oldest goes where there is no more room. */
export type Memory<T> = {
  /** @returns what was kept under the key, where its time is not over */
  get(key: string): T | undefined
  /** @param until on the clock of `now`, in milliseconds */
  set(key: string, value: T, until: number): void
  delete(key: string): void
  clear(): void
}

/**
 * Makes a memory, which lives and dies with its container.
 * @param limit entries that it keeps at most
 * @param now the clock by which entries end, in milliseconds
 */
export function createMemory<T>(limit: number, now: () => number): Memory<T> {
  const entries = new Map<string, { value: T; until: number }>()
  return {
    get(key) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      if (entry.until > now()) return entry.value
      entries.delete(key)
      return undefined
    },
    set(key, value, until) {
      // Deleted first, since a Map keeps the place of a key that it has.
      entries.delete(key)
      if (entries.size >= limit) {
        const [oldest] = entries.keys()
        if (oldest !== undefined) entries.delete(oldest)
      }
      entries.set(key, { value, until })
    },
    delete: (key) => entries.delete(key),
    clear: () => entries.clear(),
  }
}
