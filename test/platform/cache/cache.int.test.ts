import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { createCache } from '../../../shared/platform/cache/cache.ts'
import { RedisClient } from '../../../shared/platform/redis/client.ts'

let redis: RedisClient
beforeAll(() => {
  const { redisRest = '', redisRestToken = '' } = inject('endpoints')
  redis = new RedisClient({ url: redisRest, token: redisRestToken })
})

/** A source whose reads can be held up. */
function setup(client = redis) {
  const source = new Map<string, string>()
  const loads: string[][] = []
  let gate: Promise<void> = Promise.resolve()
  const prefix = `test:${randomUUID()}`
  const cache = createCache<string>({
    redis: client,
    prefix,
    ttlSeconds: 100,
    load: async (ids) => {
      loads.push([...ids])
      const read = new Map(
        ids.flatMap(
          (id) => (source.has(id) ? [[id, source.get(id) ?? '']] : []) as [string, string][],
        ),
      )
      await gate
      return read
    },
  })
  const slowly = () => {
    let open = () => {}
    gate = new Promise((resolve) => {
      open = () => {
        gate = Promise.resolve()
        resolve()
      }
    })
    return open
  }
  return { source, loads, cache, prefix, slowly }
}

describe('the cache', () => {
  it('reads the source once, and leaves out what does not exist', async () => {
    const { source, loads, cache } = setup()
    source.set('a', '1').set('b', '2')
    expect(await cache.getMany(['a', 'b', 'c', 'a'])).toEqual(
      new Map([
        ['a', '1'],
        ['b', '2'],
      ]),
    )
    expect(await cache.getMany(['a', 'b'])).toEqual(
      new Map([
        ['a', '1'],
        ['b', '2'],
      ]),
    )
    expect(await cache.get('c')).toBeUndefined()
    expect(loads).toEqual([['a', 'b', 'c'], ['c']])
    expect(await cache.getMany([])).toEqual(new Map())
  })

  it('ends its entries within a tenth of their time of each other', async () => {
    const { source, cache, prefix } = setup()
    const ids = Array.from({ length: 30 }, (_, index) => String(index))
    for (const id of ids) source.set(id, 'x')
    await cache.getMany(ids)
    const ends = await Promise.all(ids.map((id) => redis.send(['TTL', `${prefix}:${id}`])))
    for (const end of ends) {
      expect(end).toBeGreaterThanOrEqual(89)
      expect(end).toBeLessThanOrEqual(100)
    }
    expect(new Set(ends).size).toBeGreaterThan(1)
  })

  it('does not let a slow reader put back what was there before a commit', async () => {
    const { source, cache, slowly } = setup()
    source.set('a', 'old')
    const open = slowly()
    const reading = cache.get('a')
    // It has read the old value; now comes a commit, its invalidation, and a reader of the new one.
    await new Promise((resolve) => setTimeout(resolve, 30))
    source.set('a', 'new')
    await cache.invalidate(['a'])
    open()
    expect(await reading).toBe('old')
    expect(await cache.get('a')).toBe('new')
    expect(await cache.get('a')).toBe('new')
  })

  it('shows the value of the last commit after its invalidation, whatever readers do', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.constantFrom('read', 'write'), { maxLength: 12 }),
        async (scheduler, steps) => {
          let version = 0
          const cache = createCache<number>({
            redis,
            prefix: `test:${randomUUID()}`,
            ttlSeconds: 100,
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
            await cache.invalidate(['a'])
          })
          await scheduler.waitFor(Promise.all(running))
          const last = cache.get('a')
          expect(await scheduler.waitFor(last)).toBe(version)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('reads the source when Redis is away', async () => {
    const nowhere = new RedisClient({ url: 'http://127.0.0.1:9', token: 'x' })
    const { source, cache } = setup(nowhere)
    source.set('a', '1')
    expect(await cache.get('a')).toBe('1')
    await cache.invalidate(['a'])
  })
})
