import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { expect, inject, it } from 'vitest'
import { type Cache, createCache } from '../../../shared/platform/cache/cache.ts'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import { RedisClient } from '../../../shared/platform/redis/client.ts'
import { setLogLevel } from '../../../shared/platform/telemetry/log.ts'

const CONTAINERS = 20
const STEPS = 100_000
const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
const MEMORY_MILLIS = 2_000
/** Steps that are under way at a time, in all containers together. */
const AT_ONCE = 64
/** `CACHE_SEED` plays the same steps again; how the network interleaves them it can't repeat. */
const SEED = Number(process.env.CACHE_SEED ?? Math.floor(Math.random() * 2 ** 31))

/** mulberry32: small, seeded, good enough to choose steps. */
function randomBy(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const { redisRest = '', redisRestToken = '', redisUrl = '' } = inject('endpoints')

it(`shows nothing for longer than ${MEMORY_MILLIS} ms after it was replaced, and fills nothing older`, async () => {
  setLogLevel('error')
  const random = randomBy(SEED)
  const pick = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)] as T
  /** The containers' memories go by this clock, in milliseconds: the test takes seconds, not minutes. */
  let time = 0

  /** The source: per key, the version committed last. */
  const committed = new Map(KEYS.map((key) => [key, 0]))
  /** Per key, what was committed, and when its writer had heard that its invalidation was through. */
  const known = new Map(KEYS.map((key) => [key, [{ at: Number.NEGATIVE_INFINITY, version: 0 }]]))
  const name = `stale:${randomUUID()}`
  const redis = new RedisClient({ url: redisRest, token: redisRestToken })
  const turns = async (most: number) => {
    for (let left = Math.floor(random() * most); left > 0; left--)
      await new Promise((resolve) => setImmediate(resolve))
  }
  /** Slow before it reads and after, and failing now and then. */
  async function load(ids: readonly string[]): Promise<Map<string, number>> {
    await turns(4)
    if (random() < 0.05) throw Unavailable.because('database', new Error('away'))
    const read = new Map(ids.map((id) => [id, committed.get(id) ?? 0]))
    await turns(random() < 0.1 ? 200 : 10)
    return read
  }
  const containers: Cache<number>[] = Array.from({ length: CONTAINERS }, () =>
    createCache<number>({
      redis,
      name,
      memorySeconds: MEMORY_MILLIS / 1000,
      // Due within the test, by Redis's own clock, so that entries are refreshed as well.
      freshSeconds: 0.1,
      keepSeconds: 60,
      load,
      now: () => time,
    }),
  )
  /** Per container and key, the last version that it wrote itself. */
  const own = containers.map(() => new Map<string, number>())

  /** The least version that a reader who begins now has to see. */
  function floorOf(container: number, key: string): number {
    const versions = known.get(key) ?? []
    const old = versions.findLast(({ at }) => at <= time - MEMORY_MILLIS)?.version ?? 0
    return Math.max(old, own[container]?.get(key) ?? 0)
  }

  let reads = 0
  const wrong: string[] = []
  async function read(container: number, keys: readonly string[], step: number): Promise<void> {
    const floors = keys.map((key) => floorOf(container, key))
    const found = await containers[container]?.getMany(keys).catch((error) => {
      if (error instanceof Unavailable) return undefined
      throw error
    })
    reads += found?.size ?? 0
    for (const [index, key] of keys.entries()) {
      const floor = floors[index] ?? 0
      const seen = found?.get(key) ?? floor
      if (seen < floor)
        wrong.push(`step ${step}: container ${container} saw ${key} at ${seen}, not ${floor}`)
    }
  }

  async function write(container: number, keys: readonly string[], all: boolean): Promise<void> {
    const versions = keys.map((key) => {
      const version = (committed.get(key) ?? 0) + 1
      committed.set(key, version)
      return { key, version }
    })
    await turns(6)
    await (all ? containers[container]?.invalidateAll() : containers[container]?.invalidate(keys))
    for (const { key, version } of versions) {
      const list = known.get(key) ?? []
      // A later writer may have heard sooner: what counts is the highest that was known by a time.
      const highest = Math.max(version, list.at(-1)?.version ?? 0)
      list.push({ at: time, version: highest })
      own[container]?.set(key, Math.max(version, own[container].get(key) ?? 0))
    }
  }

  // The engine itself tells what is filled, in its order.
  const filled = new Map<string, number[]>()
  const monitor = await new Redis(redisUrl).monitor()
  monitor.on('monitor', (_at: string, [command, key = '', field, text]: string[]) => {
    if (command?.toUpperCase() !== 'HSET' || field !== 'text') return
    if (key.startsWith(`cache:${name}:`))
      filled.set(key, [...(filled.get(key) ?? []), Number(text)])
  })
  try {
    const under = new Set<Promise<void>>()
    for (let step = 0; step < STEPS; step++) {
      time += random()
      const container = Math.floor(random() * CONTAINERS)
      const chance = random()
      const run =
        chance < 0.03
          ? write(container, [pick(KEYS)], false)
          : chance < 0.032
            ? write(container, KEYS.slice(0, 1 + Math.floor(random() * 3)), true)
            : read(container, chance < 0.1 ? KEYS.slice(2, 5) : [pick(KEYS)], step)
      const ended = run.finally(() => under.delete(ended))
      under.add(ended)
      if (under.size >= AT_ONCE) await Promise.race(under)
    }
    await Promise.all(under)
  } finally {
    monitor.disconnect()
  }

  expect(wrong, `CACHE_SEED=${SEED}`).toEqual([])
  for (const [key, versions] of filled)
    expect(versions, `${key}, CACHE_SEED=${SEED}`).toEqual(versions.toSorted((a, b) => a - b))
  // It was a test: much was read and little loaded, and there was a lot to be wrong about.
  const fills = [...filled.values()].reduce((sum, { length }) => sum + length, 0)
  expect(reads).toBeGreaterThan(STEPS * 0.95)
  expect(fills).toBeGreaterThan(1000)
  expect([...committed.values()].reduce((sum, version) => sum + version)).toBeGreaterThan(
    STEPS * 0.02,
  )
}, 120_000)
