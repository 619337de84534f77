import { randomUUID } from 'node:crypto'
import { Redis } from '@upstash/redis'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Bridge } from '../../../local/bridges/upstash.ts'
import { startUpstashBridge } from '../../../local/bridges/upstash.ts'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import { RedisClient, RedisCommandFailed } from '../../../shared/platform/redis/client.ts'
import { script } from '../../../shared/platform/redis/script.ts'

let bridge: Bridge
/** The real driver as it comes, once for each encoding. */
let drivers: Redis[]

beforeAll(async () => {
  bridge = await startUpstashBridge({
    redisUrl: inject('endpoints').redisUrl ?? '',
    token: 'secret',
  })
  const options = {
    url: bridge.url,
    token: 'secret',
    retry: { retries: 0 },
    automaticDeserialization: false,
  }
  drivers = [new Redis(options), new Redis({ ...options, responseEncoding: false })]
})
afterAll(() => bridge.stop())
const key = () => `test:${randomUUID()}`

describe('the Upstash bridge', () => {
  it('carries any text through both encodings', async () => {
    for (const redis of drivers) {
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), async (text) => {
          const k = key()
          await redis.set(k, text)
          expect(await redis.get(k)).toBe(text)
        }),
        {
          numRuns: 60,
          examples: [['你好 🛒'], [''], ['OK'], ['12345678901234567890'], ['"\\\n'], ['\0']],
        },
      )
    }
  })

  it('tells null, integers, lists and hashes apart', async () => {
    for (const redis of drivers) {
      const k = key()
      expect(await redis.get(k)).toBeNull()
      expect(await redis.incrby(k, 41)).toBe(41)
      expect(await redis.mget(k, key())).toEqual(['41', null])
      const h = key()
      await redis.hset(h, { a: '1', b: '杯' })
      expect(await redis.eval("return redis.call('HGETALL', KEYS[1])", [h], [])).toEqual([
        'a',
        '1',
        'b',
        '杯',
      ])
      expect(await redis.eval('return {1, {2, "x", false}}', [], [])).toEqual([1, [2, 'x', null]])
    }
  })

  it("keeps Redis's digits of large integers", async () => {
    const k = key()
    await drivers[0]?.set(k, '9223372036854775806')
    const response = await fetch(bridge.url, {
      method: 'POST',
      headers: { authorization: 'Bearer secret' },
      body: JSON.stringify(['INCR', k]),
    })
    expect(await response.text()).toBe('{"result":9223372036854775807}')
  })

  it('answers each command of a pipeline, errors too', async () => {
    const [redis] = drivers as [Redis]
    const k = key()
    const results = await redis.pipeline().set(k, 'x').incr(k).get(k).exec({ keepErrors: true })
    expect(results[0]?.result).toBe('OK')
    expect(results[1]?.error).toMatch(/not an integer/)
    expect(results[2]?.result).toBe('x')
  })

  it('runs multi-exec without anybody in between', async () => {
    const [redis] = drivers as [Redis]
    const k = key()
    const rounds = await Promise.all(
      Array.from({ length: 40 }, () =>
        redis.multi().incr(k).incr(k).incr(k).exec<[number, number, number]>(),
      ),
    )
    for (const [a, b, c] of rounds) expect([b, c]).toEqual([a + 1, a + 2])
  })

  it('runs scripts by hash, and by text where Redis does not know them', async () => {
    const client = new RedisClient({ url: bridge.url, token: 'secret' })
    const run = script<number>(client, `return tonumber(ARGV[1]) + 1 -- ${randomUUID()}`)
    expect(await run([], [1])).toBe(2)
    expect(await run([], [2])).toBe(3)
    await client.scriptFlush()
    expect(await run([], [3])).toBe(4)
  })

  it('refuses a wrong token, nonsense, and commands that would block everybody', async () => {
    const post = async (body: string, token = 'secret') => {
      const response = await fetch(bridge.url, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body,
      })
      return [response.status, await response.text()]
    }
    expect(await post('["PING"]', 'wrong')).toEqual([401, '{"error":"Unauthorized"}'])
    for (const body of [
      '',
      '{}',
      '[]',
      '[[]]',
      '["BLPOP","x",0]',
      '["SUBSCRIBE","x"]',
      '["NONSENSE"]',
    ]) {
      const [status, text] = await post(body)
      expect(status, body).toBe(400)
      expect(text).toMatch(/^{"error":"ERR/)
    }
  })

  it('can be slow and failing on demand', async () => {
    const client = new RedisClient({ url: bridge.url, token: 'secret' })
    bridge.faults.set({ latencyMs: 60 })
    const started = performance.now()
    await client.ping()
    expect(performance.now() - started).toBeGreaterThanOrEqual(55)
    bridge.faults.set({ errorRate: 1 })
    await expect(client.ping()).rejects.toThrow(Unavailable)
    bridge.faults.clear()
    expect(await client.ping()).toBe('PONG')
  })
})

describe('the Redis client', () => {
  it('says what Redis said, and nothing of the command', async () => {
    const client = new RedisClient({ url: bridge.url, token: 'secret' })
    const k = key()
    await client.set(k, 'x')
    const error = await client.incrby(k, 13800138000).catch((reason: Error) => reason)
    expect(error).toBeInstanceOf(RedisCommandFailed)
    expect(String(error)).toContain('not an integer')
    expect(JSON.stringify(error) + String(error)).not.toContain('13800138000')
  })

  it('is Unavailable when nobody answers, without trying again', async () => {
    const client = new RedisClient({ url: 'http://127.0.0.1:9', token: 'x' })
    await expect(client.ping()).rejects.toThrow(Unavailable)
  })
})
