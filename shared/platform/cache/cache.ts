import { Json } from '../http/json.ts'
import type { RedisClient } from '../redis/client.ts'
import { describeError, log } from '../telemetry/log.ts'
import { count } from './counts.ts'
import { createFlights } from './flight.ts'
import { createMemory } from './memory.ts'
import { readThrough } from './reader.ts'
import { createRemote } from './remote.ts'

/**
 * Values by id, read through two tiers: the container's memory, then Redis, then the source. README.md
 * in this folder says what it promises and why that holds.
 */
export type Cache<T> = {
  /** @returns the value, or undefined where the source has none. Shared: it can't be changed */
  get(id: string): Promise<T | undefined>
  /** @returns the values that exist, by id, with one call to Redis and mostly at most one to the source */
  getMany(ids: readonly string[]): Promise<Map<string, T>>
  /** @returns the value as the JSON that goes out to clients, neither parsed nor written again */
  json(id: string): Promise<Json<T> | undefined>
  /** Call after the commit of what changed, or was made. A failure is logged: entries then run out. */
  invalidate(ids: readonly string[]): Promise<void>
  /** Likewise for all entries, and those of all caches with the same tag. */
  invalidateAll(): Promise<void>
}

export type CacheOptions<T> = {
  redis: RedisClient
  /** Names the entries: one for each kind of value. */
  name: string
  /** Caches with the same tag are invalidated together; the name where it is left out. */
  tag?: string
  /** How long the container answers from its memory, in seconds: how old a value may be. 0: never. */
  memorySeconds: number
  /** After this an entry is loaded again, by one reader; the others get it as it is. In seconds. */
  freshSeconds: number
  /** How long an entry is kept to be served while it is refreshed, or the source is away. In seconds. */
  keepSeconds: number
  /** How long it is kept that the source has none, in seconds. */
  absentSeconds?: number
  /**
   * Reads the source for all of `ids`; leaves out what does not exist. It must read what was committed
   * last: neither a replica nor another cache, which would bring back what was invalidated.
   */
  load(ids: readonly string[]): Promise<Map<string, T>>
  /** A clock for the memory, in milliseconds. */
  now?(): number
  random?(): number
}

/** Room in the container's memory for one cache, in bytes, roughly. */
const MEMORY_BYTES = 8 * 1024 * 1024
/** A text takes up to two bytes a character, and so does what is made of it. */
const sizeOf = ({ text }: Json<unknown>) => 200 + 4 * text.length

/** Makes a cache. Without Redis it is a single tier over the source: slower, never wrong. */
export function createCache<T>(options: CacheOptions<T>): Cache<T> {
  const { redis, name, tag = name, memorySeconds } = options
  const { now = () => performance.now(), random = Math.random } = options
  const remote = createRemote(redis, { name, tag, random })
  const reader = { absentSeconds: 10, ...options, remote, now, random }
  const memoryMillis = memorySeconds * 1000
  // That the source has none is a value too: the empty text.
  const memory = createMemory<Json<T>>(MEMORY_BYTES, now, sizeOf)
  const flights = createFlights<Json<T>>(memoryMillis, now)

  async function fetch(ids: string[], isCurrent: (id: string) => boolean) {
    const found = new Map<string, Json<T>>()
    await readThrough(name, reader, ids, (id, text, asOf, isGood) => {
      // The same text as before keeps what was made of it: the parsed value, the compressed forms.
      const known = memory.peek(id)
      const json = known?.text === text ? known : new Json<T>(text)
      found.set(id, json)
      if (isGood && isCurrent(id) && memoryMillis > 0) memory.set(id, json, asOf + memoryMillis)
    })
    return found
  }

  async function find(ids: readonly string[]): Promise<Map<string, Json<T>>> {
    const wanted = [...new Set(ids)]
    const known = wanted.map((id) => memory.get(id))
    const missing = wanted.filter((_, index) => known[index] === undefined)
    count('cacheMemory', wanted.length - missing.length)
    const fetched = missing.length === 0 ? undefined : await flights.board(missing, fetch)
    const found = new Map<string, Json<T>>()
    for (const [index, id] of wanted.entries()) {
      const json = known[index] ?? fetched?.get(id)
      if (json !== undefined && json.text !== '') found.set(id, json)
    }
    return found
  }

  /** Whatever becomes of it in Redis, this container has seen its own commit. */
  async function end(removal: Promise<void>, forget: () => void): Promise<void> {
    try {
      await removal
    } catch (error) {
      log.warn('cache not invalidated', { cache: name, error: describeError(error) })
    } finally {
      forget()
    }
  }

  return {
    get: async (id) => (await find([id])).get(id)?.value,
    getMany: async (ids) => new Map([...(await find(ids))].map(([id, { value }]) => [id, value])),
    json: async (id) => (await find([id])).get(id),
    invalidate: (ids) =>
      end(remote.remove(ids), () => {
        for (const id of ids) memory.delete(id)
        flights.forget(ids)
      }),
    invalidateAll: () =>
      end(remote.removeAll(), () => {
        memory.clear()
        flights.forgetAll()
      }),
  }
}

/** A loader of many by one of one. */
export const each =
  <T>(load: (id: string) => Promise<T>) =>
  async (ids: readonly string[]): Promise<Map<string, T>> =>
    new Map(await Promise.all(ids.map(async (id) => [id, await load(id)] as const)))
