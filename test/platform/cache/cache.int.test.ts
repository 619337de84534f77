import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, inject, it } from 'vitest'
import { type CacheOptions, createCache, each } from '../../../shared/platform/cache/cache.ts'
import { cacheCounts } from '../../../shared/platform/cache/counts.ts'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import { RedisClient } from '../../../shared/platform/redis/client.ts'
import { createBreaker } from '../../../shared/platform/resilience/breaker.ts'
import { invocation } from '../../../shared/platform/telemetry/invocation.ts'
import { contextOf } from '../../support/context.ts'

const { redisRest = '', redisRestToken = '' } = inject('endpoints')
const redis = new RedisClient({ url: redisRest, token: redisRestToken })
const nowhere = new RedisClient({ url: 'http://127.0.0.1:9', token: 'x' })

const away = Unavailable.because('database', new Error('away'))

/** A source that counts, can be held up, and can fail; and caches over it as containers have them. */
function setup(given: Partial<CacheOptions<string>> = {}) {
  const source = new Map<string, string>()
  const loads: string[][] = []
  let gate: Promise<void> = Promise.resolve()
  let failure: Error | undefined
  let failures = 0
  let time = 0
  const options: CacheOptions<string> = {
    redis,
    name: `test:${randomUUID()}`,
    memorySeconds: 2,
    freshSeconds: 100,
    keepSeconds: 200,
    now: () => time,
    async load(ids) {
      loads.push([...ids])
      const read = ids.flatMap((id): [string, string][] => {
        const value = source.get(id)
        return value === undefined ? [] : [[id, value]]
      })
      await gate
      if (failure !== undefined && failures-- > 0) throw failure
      return new Map(read)
    },
    ...given,
  }
  /** From now on loads wait. @returns lets them go on */
  function hold() {
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    return () => {
      gate = Promise.resolve()
      resolve()
    }
  }
  return {
    source,
    loads,
    name: options.name,
    hold,
    /** The next loads fail: all of them, where it is not said how many. */
    fail: (error?: Error, times = Number.POSITIVE_INFINITY) => {
      failure = error
      failures = times
    },
    /** Moves the clock of the containers' memories, in seconds. */
    pass: (seconds: number) => {
      time += seconds * 1000
    },
    container: (own: Partial<CacheOptions<string>> = {}) =>
      createCache<string>({ ...options, ...own }),
    /** Makes an entry due, as if its time had come. */
    expire: (id: string) =>
      redis.eval("return redis.call('HSET', KEYS[1], 'fresh', 1)", [key(options.name, id)], []),
  }
}
const key = (name: string, id: string) => `cache:${name}:${id}`
const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}
/** Long enough for a reader to have asked Redis, and to wait for somebody else. */
const whileWaiting = () => redis.get('nothing').then(() => redis.get('nothing'))

describe('reading', () => {
  it('asks the source once for what many containers ask for, and knows what does not exist', async () => {
    const { source, loads, container } = setup()
    source.set('a', '1').set('b', '2')
    const all = new Map([
      ['a', '1'],
      ['b', '2'],
    ])
    const one = container()
    expect(await one.getMany(['a', 'b', 'c', 'a'])).toEqual(all)
    expect(await one.getMany(['a', 'b', 'c'])).toEqual(all)
    const other = container()
    expect(await other.getMany(['b', 'a'])).toEqual(all)
    expect(await other.get('c')).toBeUndefined()
    expect(await other.json('c')).toBeUndefined()
    expect((await other.json('a'))?.text).toBe('"1"')
    expect(await one.getMany([])).toEqual(new Map())
    expect(loads).toEqual([['a', 'b', 'c']])
  })

  it('takes what the container remembers, until its time is over', async () => {
    const { source, container, pass } = setup()
    source.set('a', 'old')
    const [reader, writer] = [container(), container()]
    expect(await reader.get('a')).toBe('old')
    source.set('a', 'new')
    await writer.invalidate(['a'])
    pass(1.999)
    expect(await reader.get('a')).toBe('old')
    pass(0.001)
    expect(await reader.get('a')).toBe('new')
  })

  it('remembers nothing where it is not to, and counts from when it asked, not from the answer', async () => {
    const forgetful = setup({ memorySeconds: 0 })
    forgetful.source.set('a', 'old')
    const [reader, writer] = [forgetful.container(), forgetful.container()]
    await reader.get('a')
    forgetful.source.set('a', 'new')
    await writer.invalidate(['a'])
    expect(await reader.get('a')).toBe('new')

    const { source, loads, container, hold, pass } = setup()
    source.set('a', 'x')
    const slow = container()
    const go = hold()
    const reading = slow.get('a')
    await until(() => loads.length === 1)
    pass(2)
    go()
    await reading
    await slow.get('a')
    // From Redis, since the memory of a value that was asked for two seconds ago is over.
    const counted = invocation(contextOf(), 'test', 'trace-0001', async () => {
      pass(2)
      await slow.get('a')
      await slow.get('a')
      await slow.get('b')
      return cacheCounts()
    })
    expect(await counted).toEqual({
      cacheMemory: 1,
      cacheRedis: 1,
      cacheSource: 1,
      cacheStale: 0,
      cacheFailed: 0,
    })
  })

  it('keeps what was made of a text as long as it is the same text, and lets nobody change it', async () => {
    const cache = createCache<{ a: { b: number | null }[] }>({
      redis,
      name: `test:${randomUUID()}`,
      memorySeconds: 2,
      freshSeconds: 100,
      keepSeconds: 100,
      load: each(async () => ({ a: [{ b: 1 }, { b: null }] })),
    })
    const value = await cache.get('x')
    expect(value).toEqual({ a: [{ b: 1 }, {}] })
    expect(() => value?.a.push({ b: 2 })).toThrow(TypeError)
    expect(await cache.get('x')).toBe(value)
    const { source, container, pass } = setup()
    source.set('a', 'x')
    const texts = container()
    const json = await texts.json('a')
    pass(3)
    expect(await texts.json('a')).toBe(json)
  })

  it('lets entries end within a tenth of their time of each other', async () => {
    const { source, container, name } = setup()
    const ids = Array.from({ length: 30 }, (_, index) => String(index))
    for (const id of ids) source.set(id, 'x')
    const began = Date.now()
    await container().getMany(ids)
    const ends = await Promise.all(ids.map((id) => redis.hget<string>(key(name, id), 'fresh')))
    const seconds = ends.map((end) => (Number(end) - began) / 1000)
    for (const end of seconds) {
      expect(end).toBeGreaterThan(88)
      expect(end).toBeLessThan(110)
    }
    expect(new Set(seconds.map(Math.round)).size).toBeGreaterThan(3)
  })
})

describe('many readers of what is not there', () => {
  it('wait for the one that loads it: ten in each of ten containers, one load', async () => {
    const { source, loads, container, hold } = setup()
    source.set('a', 'x')
    const go = hold()
    const readers = Array.from({ length: 10 }, () => container()).flatMap((cache) =>
      Array.from({ length: 10 }, () => cache.get('a')),
    )
    await until(() => loads.length > 0)
    await whileWaiting()
    go()
    expect(new Set(await Promise.all(readers))).toEqual(new Set(['x']))
    expect(loads).toHaveLength(1)
  })

  it('do not wait for what they need not: each loads a part, and gets the rest from the other', async () => {
    const { source, loads, container, hold } = setup()
    source.set('a', '1').set('b', '2')
    const go = hold()
    const one = container().getMany(['a'])
    await until(() => loads.length === 1)
    const other = container().getMany(['a', 'b'])
    await until(() => loads.length === 2)
    go()
    expect([...(await one)]).toEqual([['a', '1']])
    expect(new Map([...(await other)].toSorted())).toEqual(
      new Map([
        ['a', '1'],
        ['b', '2'],
      ]),
    )
    expect(loads).toEqual([['a'], ['b']])
  })

  it('go on with the next one where it fails', async () => {
    const { source, loads, container, hold, fail } = setup()
    source.set('a', 'x')
    const go = hold()
    const first = container().get('a')
    await until(() => loads.length === 1)
    const second = container().get('a')
    await whileWaiting()
    fail(away, 1)
    go()
    await expect(first).rejects.toBe(away)
    expect(await second).toBe('x')
  })

  it('go on without it where its lease is over, and it fills nothing any more', async () => {
    const { source, loads, container, hold, name } = setup()
    source.set('a', 'old')
    const go = hold()
    const slow = container().get('a')
    await until(() => loads.length === 1)
    await redis.eval("return redis.call('PEXPIRE', KEYS[1], 1)", [key(name, 'a')], [])
    source.set('a', 'new')
    const next = container().get('a')
    await until(() => loads.length === 2)
    go()
    expect(await slow).toBe('old')
    expect(await next).toBe('new')
    expect(await container().get('a')).toBe('new')
  })
})

describe('an entry whose time has come', () => {
  it('is loaded by one reader, and served to the others as it is', async () => {
    const { source, loads, container, hold, expire } = setup()
    source.set('a', 'old')
    await container().get('a')
    await expire('a')
    source.set('a', 'new')
    const go = hold()
    const one = container().get('a')
    await until(() => loads.length === 2)
    expect(await container().get('a')).toBe('old')
    go()
    expect(await one).toBe('new')
    expect(await container().get('a')).toBe('new')
    expect(loads).toHaveLength(2)
  })

  it('is served where the source is away, of which one reader in a while finds out', async () => {
    const { source, loads, container, fail, expire } = setup()
    source.set('a', 'x')
    await container().get('a')
    await expire('a')
    fail(away)
    for (let reader = 0; reader < 5; reader++) expect(await container().get('a')).toBe('x')
    expect(loads).toHaveLength(2)
  })

  it('is served where the source takes long, and filled in when that is through', async () => {
    const { source, loads, container, hold, expire } = setup()
    source.set('a', 'old')
    await container().get('a')
    await expire('a')
    source.set('a', 'new')
    const go = hold()
    expect(await container().get('a')).toBe('old')
    go()
    await until(() => loads.length === 2)
    let seen: string | undefined
    while (seen !== 'new') seen = await container().get('a')
    expect(loads).toHaveLength(2)
  })

  it('is refreshed before by chance: sooner, the longer that loading takes', async () => {
    const refreshedBy = async (draw: number, loadMillis: number) => {
      const { source, loads, container, name } = setup({ random: () => draw })
      source.set('a', 'x')
      await container({ random: () => 0 }).get('a')
      const set = "return redis.call('HSET', KEYS[1], 'took', ARGV[1])"
      await redis.eval(set, [key(name, 'a')], [String(loadMillis)])
      await container().get('a')
      return loads.length === 2
    }
    // 100 s are left: early by 10 ms × 0.7, by 10 s × 0.7, by 100 s × 2.3.
    expect(await refreshedBy(0.5, 10)).toBe(false)
    expect(await refreshedBy(0.5, 10_000)).toBe(false)
    expect(await refreshedBy(0.9, 100_000)).toBe(true)
  })
})

describe('an invalidation', () => {
  it('keeps a slow reader from putting back what was there before the commit', async () => {
    const { source, loads, container, hold } = setup()
    source.set('a', 'old')
    const go = hold()
    const slow = container()
    const reading = slow.get('a')
    await until(() => loads.length === 1)
    source.set('a', 'new')
    await container().invalidate(['a'])
    go()
    // Whoever asked before the commit may get what was there before, and nobody after.
    expect(await reading).toBe('old')
    expect(await slow.get('a')).toBe('new')
    expect(await container().get('a')).toBe('new')
  })

  it('reaches what its own container is just loading', async () => {
    const { source, loads, container, hold } = setup()
    source.set('a', 'old')
    const go = hold()
    const own = container()
    const before = own.get('a')
    await until(() => loads.length === 1)
    source.set('a', 'new')
    await own.invalidate(['a'])
    const after = own.get('a')
    await until(() => loads.length === 2)
    go()
    expect([await before, await after, await own.get('a')]).toEqual(['old', 'new', 'new'])
  })

  it('ends that there is none, so that what was made is there', async () => {
    const { source, container } = setup()
    const cache = container()
    expect(await cache.get('a')).toBeUndefined()
    source.set('a', 'made')
    expect(await container().get('a')).toBeUndefined()
    await cache.invalidate(['a'])
    expect(await cache.get('a')).toBe('made')
  })

  it('by tag ends all entries of all caches that share it, and the fills that are under way', async () => {
    const tag = `test:${randomUUID()}`
    const one = setup({ tag })
    const two = setup({ tag })
    one.source.set('a', 'old').set('b', 'old')
    two.source.set('a', 'old')
    await one.container().get('b')
    await two.container().get('a')
    const go = one.hold()
    const reading = one.container().get('a')
    await until(() => one.loads.length === 2)
    for (const { source } of [one, two]) for (const id of source.keys()) source.set(id, 'new')
    await two.container().invalidateAll()
    go()
    expect(await reading).toBe('old')
    expect([...(await one.container().getMany(['a', 'b'])).values()]).toEqual(['new', 'new'])
    expect(await two.container().get('a')).toBe('new')
  })

  it('is not undone by the loss of the tag', async () => {
    const { source, container, name } = setup()
    source.set('a', 'old')
    await container().get('a')
    source.set('a', 'new')
    await container().invalidateAll()
    await redis.del(`tag:${name}`)
    expect(await container().get('a')).toBe('new')
  })

  it('is seen by every reader that comes after it, whatever the others do', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.constantFrom('read', 'write', 'write all'), { maxLength: 12 }),
        async (scheduler, steps) => {
          let version = 0
          const cache = createCache<number>({
            redis,
            name: `test:${randomUUID()}`,
            memorySeconds: 0,
            freshSeconds: 100,
            keepSeconds: 100,
            load: async () => {
              const seen = version
              await scheduler.schedule(Promise.resolve())
              return new Map([['a', seen]])
            },
          })
          const running = steps.map(async (step) => {
            await scheduler.schedule(Promise.resolve())
            if (step === 'read') return void (await cache.get('a'))
            version++
            await (step === 'write' ? cache.invalidate(['a']) : cache.invalidateAll())
          })
          await scheduler.waitFor(Promise.all(running))
          expect(await scheduler.waitFor(cache.get('a'))).toBe(version)
        },
      ),
      { numRuns: 30 },
    )
  })
})

describe('without Redis', () => {
  it('the source is read, once for those who ask together, and remembered', async () => {
    const { source, loads, container, pass } = setup({ redis: nowhere })
    source.set('a', '1')
    const cache = container()
    expect(await Promise.all([cache.get('a'), cache.get('a'), cache.get('a')])).toEqual([
      '1',
      '1',
      '1',
    ])
    expect(await cache.get('a')).toBe('1')
    expect(loads).toHaveLength(1)
    source.set('a', '2')
    await container().invalidate(['a'])
    pass(2)
    expect(await cache.get('a')).toBe('2')
  })

  it('it is not asked for long: the breaker opens', async () => {
    let time = 0
    const breaker = createBreaker({ name: 'test', now: () => time })
    const options = { url: redisRest, token: redisRestToken, breaker }
    const guarded = new RedisClient(options)
    const { source, container } = setup({ redis: guarded, memorySeconds: 0 })
    source.set('a', '1')
    const cut = container({ redis: new RedisClient({ ...options, url: 'http://127.0.0.1:9' }) })
    for (let call = 0; call < 10; call++) expect(await cut.get('a')).toBe('1')
    expect(breaker.state).toBe('open')
    // Whatever Redis may say by now, nobody asks it.
    const cache = container()
    await cache.get('a')
    const counts = () =>
      invocation(contextOf(), 'test', 'trace-0001', async () => {
        await cache.get('a')
        return cacheCounts()
      })
    expect(await counts()).toMatchObject({ cacheFailed: 1, cacheSource: 1 })
    time += 1_000
    await cache.get('a')
    expect(breaker.state).toBe('closed')
    expect(await counts()).toMatchObject({ cacheFailed: 0, cacheRedis: 1 })
  })

  it('what the source answers is what counts, and its failure too', async () => {
    const { container, fail } = setup({ redis: nowhere })
    fail(away)
    await expect(container().get('a')).rejects.toBe(away)
    fail()
    expect(await container().get('a')).toBeUndefined()
  })
})
