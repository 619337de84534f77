import { randomUUID } from 'node:crypto'
import { Redis } from '@upstash/redis'
import fc from 'fast-check'
import { Redis as Direct } from 'ioredis'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Bridge } from '../../../local/bridges/server.ts'
import { startUpstashBridge } from '../../../local/bridges/upstash.ts'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import { RedisClient, RedisCommandFailed } from '../../../shared/platform/redis/client.ts'
import { script } from '../../../shared/platform/redis/script.ts'

let bridge: Bridge
/** The real driver as it comes, once for each encoding. */
let drivers: Redis[]
let direct: Direct

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
  direct = new Direct(inject('endpoints').redisUrl ?? '')
})
afterAll(async () => {
  await bridge.stop()
  direct.disconnect()
})
const send = (path: string, init: RequestInit = {}) =>
  fetch(`${bridge.url}${path}`, {
    ...init,
    headers: { authorization: 'Bearer secret', ...init.headers },
  })
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

  it('gives every command the reply that the driver makes its values of', async () => {
    for (const responseEncoding of ['base64', false] as const) {
      const redis = new Redis({ url: bridge.url, token: 'secret', responseEncoding })
      const [h, z, s, v, x] = [key(), key(), key(), key(), key()]
      const shop = { name: '杯子', price: 12, tags: ['a', '☕'] }
      await redis.hset(h, shop)
      expect(await redis.hgetall(h)).toEqual(shop)
      expect(await redis.hmget(h, 'name', 'none')).toEqual({ name: '杯子', none: null })
      await redis.zadd(z, { score: 1.5, member: 'b' }, { score: 1, member: 'a' })
      expect(await redis.zscore(z, 'b')).toBe(1.5)
      expect(await redis.zrange(z, 0, -1, { withScores: true })).toEqual(['a', 1, 'b', 1.5])
      await redis.sadd(s, 'OK')
      expect(await redis.smembers(s)).toEqual(['OK'])
      await redis.set(v, true, { ex: 60 })
      expect([await redis.get(v), await redis.ttl(v)]).toEqual([true, 60])
      expect(await redis.set(v, 'again', { nx: true })).toBeNull()
      expect(await redis.eval('return {"OK", {"OK", redis.status_reply("FINE")}}', [], [])).toEqual(
        ['OK', ['OK', 'FINE']],
      )
      await redis.xadd(x, '1-1', { field: '杯' })
      expect(await redis.xrange(x, '-', '+')).toEqual({ '1-1': { field: '杯' } })
      expect((await redis.scan(0, { match: h, count: 10_000 }))[1]).toEqual([h])
      const multi = await redis.multi().set(v, 1).incr(v).hgetall(h).get(key()).exec()
      expect(multi).toEqual(['OK', 2, shop, null])
    }
  })

  it('carries any bytes: out in base64, in as the body of a path', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        const k = key()
        const written = await send(`/set/${k}?EX=60`, { method: 'POST', body: Buffer.from(bytes) })
        expect(await written.json()).toEqual({ result: 'OK' })
        expect(await direct.getBuffer(k)).toEqual(Buffer.from(bytes))
        const read = await send('', {
          method: 'POST',
          body: JSON.stringify(['GET', k]),
          headers: { 'Upstash-Encoding': 'base64' },
        })
        const { result } = (await read.json()) as { result: string }
        expect(Buffer.from(result, 'base64')).toEqual(Buffer.from(bytes))
      }),
      { numRuns: 60 },
    )
  })

  it('reads commands from the path', async () => {
    const k = key()
    const path = async (rest: string) => (await send(rest)).json()
    expect(await path(`/set/${k}/${encodeURIComponent('a/杯 ?')}?EX=60`)).toEqual({ result: 'OK' })
    expect(await path(`/get/${k}`)).toEqual({ result: 'a/杯 ?' })
    expect(await path(`/ttl/${k}`)).toEqual({ result: 60 })
    expect((await send('/get/%ff')).status).toBe(400)
    expect((await send('/subscribe/x')).status).toBe(400)
  })

  it('carries large values', async () => {
    const large = '杯☕'.repeat(500_000)
    for (const redis of drivers) {
      const k = key()
      await redis.set(k, large, { ex: 60 })
      expect((await redis.get<string>(k)) === large).toBe(true)
    }
  })

  it('does nothing of a multi-exec that Redis refuses, and all of one that fails midway', async () => {
    const [redis] = drivers as [Redis]
    const k = key()
    const post = async (commands: unknown) => {
      const response = await send('/multi-exec', { method: 'POST', body: JSON.stringify(commands) })
      return { status: response.status, body: await response.json() }
    }
    expect(await post([['SET', k, 'x'], ['GET']])).toEqual({
      status: 400,
      body: { error: 'EXECABORT Transaction discarded because of previous errors.' },
    })
    expect(await redis.get(k)).toBeNull()
    expect(
      await post([
        ['SET', k, 'x'],
        ['INCR', k],
        ['GET', k],
      ]),
    ).toEqual({
      status: 200,
      body: [
        { result: 'OK' },
        { error: 'ERR value is not an integer or out of range' },
        { result: 'x' },
      ],
    })
    expect(await post([])).toEqual({ status: 200, body: [] })
  })

  it('says NOSCRIPT as Redis does', async () => {
    const [redis] = drivers as [Redis]
    await expect(redis.evalsha('f'.repeat(40), [], [])).rejects.toThrow(
      'NOSCRIPT No matching script. Please use EVAL.',
    )
    const sha = await redis.scriptLoad('return ARGV[1]')
    expect(await redis.evalsha(sha, [], ['杯'])).toBe('杯')
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
    await client.send(['SCRIPT', 'FLUSH'])
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
      '["xread","block",0,"STREAMS","x","$"]',
      '["client","reply","off"]',
      '["HELLO",3]',
      '["GET",null]',
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
    const error = await client.send(['INCRBY', k, 13800138000]).catch((reason: Error) => reason)
    expect(error).toBeInstanceOf(RedisCommandFailed)
    expect(String(error)).toContain('not an integer')
    expect(JSON.stringify(error) + String(error)).not.toContain('13800138000')
  })

  it('is Unavailable when nobody answers, without trying again', async () => {
    const client = new RedisClient({ url: 'http://127.0.0.1:9', token: 'x' })
    await expect(client.ping()).rejects.toThrow(Unavailable)
  })
})
