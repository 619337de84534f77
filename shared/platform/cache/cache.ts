import { randomUUID } from 'node:crypto'
import type { RedisClient } from '../redis/client.ts'
import { type Script, script } from '../redis/script.ts'
import { describeError, log } from '../telemetry/log.ts'

/** Seconds that a reader may take from its miss to its fill. */
const LEASE_SECONDS = 5
const JITTER = 0.1

/**
 * Values by id, read through Redis. What the domain sees of caching.
 */
export type Cache<T> = {
  /** @returns the value, or undefined where the source has none */
  get(id: string): Promise<T | undefined>
  /** @returns the values that exist, by id, with one call to Redis and at most one to the source */
  getMany(ids: readonly string[]): Promise<Map<string, T>>
  /** Call after the commit of what changed. A failure is logged: entries then live out their TTL. */
  invalidate(ids: readonly string[]): Promise<void>
}

export type CacheOptions<T> = {
  redis: RedisClient
  /** Keys are `{prefix}:{id}`. */
  prefix: string
  /** Lifetime of an entry, in seconds; each gets up to a tenth less, so that they don't end together. */
  ttlSeconds: number
  /** Reads the source for all of `ids`; leaves out what does not exist. */
  load(ids: readonly string[]): Promise<Map<string, T>>
}

/**
 * Values, and for each miss a lease (as in Nishtala et al., "Scaling Memcache at Facebook", 2013):
 * only its holder may fill, and an invalidation takes it away. So a reader that was slow never puts
 * back a value from before the latest commit.
 */
const READ = `
local values = redis.call('MGET', unpack(KEYS))
for i, value in ipairs(values) do
  if not value then redis.call('SET', KEYS[i] .. ':lease', ARGV[1], 'NX', 'EX', ARGV[2]) end
end
return values`

const FILL = `
for i, key in ipairs(KEYS) do
  if redis.call('GET', key .. ':lease') == ARGV[1] then
    redis.call('SET', key, ARGV[i * 2], 'EX', ARGV[i * 2 + 1])
    redis.call('DEL', key .. ':lease')
  end
end
return 1`

/**
 * A cache-aside over Redis. Without Redis it reads the source: slower, never wrong.
 */
export function createCache<T>({ redis, prefix, ttlSeconds, load }: CacheOptions<T>): Cache<T> {
  const read: Script<(string | null)[]> = script(redis, READ)
  const fill: Script<number> = script(redis, FILL)
  const keyOf = (id: string) => `${prefix}:${id}`
  const ttl = () => Math.ceil(ttlSeconds * (1 - Math.random() * JITTER))

  async function fillMissing(loaded: Map<string, T>, lease: string): Promise<void> {
    if (loaded.size === 0) return
    const entries = [...loaded]
    await fill(
      entries.map(([id]) => keyOf(id)),
      [lease, ...entries.flatMap(([, value]) => [JSON.stringify(value), ttl()])],
    )
  }

  async function getMany(ids: readonly string[]): Promise<Map<string, T>> {
    const unique = [...new Set(ids)]
    if (unique.length === 0) return new Map()
    const lease = randomUUID()
    let cached: (string | null)[]
    try {
      cached = await read(unique.map(keyOf), [lease, LEASE_SECONDS])
    } catch (error) {
      log.warn('cache not read', { cache: prefix, error: describeError(error) })
      return load(unique)
    }
    const found = new Map<string, T>()
    const missing: string[] = []
    for (const [index, id] of unique.entries()) {
      const value = cached[index]
      if (typeof value === 'string') found.set(id, JSON.parse(value) as T)
      else missing.push(id)
    }
    if (missing.length === 0) return found
    const loaded = await load(missing)
    await fillMissing(loaded, lease).catch((error) => {
      log.warn('cache not filled', { cache: prefix, error: describeError(error) })
    })
    return new Map([...found, ...loaded])
  }

  return {
    getMany,
    get: async (id) => (await getMany([id])).get(id),
    invalidate: async (ids) => {
      if (ids.length === 0) return
      const keys = ids.map(keyOf)
      try {
        await redis.del(...keys, ...keys.map((key) => `${key}:lease`))
      } catch (error) {
        log.warn('cache not invalidated', { cache: prefix, error: describeError(error) })
      }
    },
  }
}
