import { randomUUID } from 'node:crypto'
import { Redis } from '@upstash/redis'
import fc from 'fast-check'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { serveBridge } from '../../../local/bridges/server.ts'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import { RedisClient, RedisCommandFailed } from '../../../shared/platform/redis/client.ts'

let ours: RedisClient
/** The official driver, which this client has to agree with. */
let theirs: Redis

beforeAll(() => {
  const { redisRest: url = '', redisRestToken: token = '' } = inject('endpoints')
  ours = new RedisClient({ url, token })
  theirs = new Redis({
    url,
    token,
    retry: { retries: 0 },
    automaticDeserialization: false,
    responseEncoding: false,
  })
})

const key = () => `test:${randomUUID()}`

describe("the Redis client and Upstash's own driver", () => {
  it('read what the other has written, whatever text it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), async (text) => {
        const [a, b] = [key(), key()]
        expect(await ours.set(a, text)).toBe('OK')
        expect(await theirs.get(a)).toBe(text)
        await theirs.set(b, text)
        expect(await ours.get(b)).toBe(text)
      }),
      { numRuns: 50, examples: [['你好 🛒'], [''], ['OK'], ['12345678901234567890'], ['\0']] },
    )
  })

  it('say the same of every command', async () => {
    const k = key()
    const both = async (mine: Promise<unknown>, reference: Promise<unknown>) =>
      expect(await mine).toEqual(await reference)
    await both(ours.get(k), theirs.get(k))
    await both(ours.set(k, 1, { nx: true, ex: 60 }), theirs.set(key(), 1, { nx: true, ex: 60 }))
    await both(ours.set(k, 2, { nx: true }), theirs.set(k, 2, { nx: true }))
    expect(await theirs.ttl(k)).toBe(60)
    await ours.set(k, 2, { px: 5_000 })
    expect(await theirs.pttl(k)).toBeGreaterThan(4_000)
    await both(ours.exists(k, key()), theirs.exists(k, key()))
    const h = key()
    await theirs.hset(h, { name: '杯子' })
    await both(ours.hget(h, 'name'), theirs.hget(h, 'name'))
    await both(ours.hget(h, 'none'), theirs.hget(h, 'none'))
    await both(ours.ping(), theirs.ping())
    const lua = 'return {KEYS[1], ARGV[1], 7, false, {"OK", redis.status_reply("FINE")}}'
    await both(ours.eval(lua, [k], ['x']), theirs.eval(lua, [k], ['x']))
    const sha = await theirs.scriptLoad(lua)
    await both(ours.evalsha(sha, [k], [2]), theirs.evalsha(sha, [k], [2]))
    await both(ours.send(['MGET', k, key()]), theirs.mget(k, key()))
    expect(await ours.del(k, h, key())).toBe(2)
    expect(await theirs.exists(k, h)).toBe(0)
  })

  it('are refused alike', async () => {
    const k = key()
    await ours.set(k, 'x')
    const commands = [
      ['INCR', k],
      ['HGET', k, 'f'],
      ['EVALSHA', 'f'.repeat(40), 0],
      ['EVAL', 'return x', 0],
      ['NONSENSE'],
    ]
    for (const command of commands) {
      const mine = await ours.send(command).catch((error: Error) => error)
      const reference = await theirs.exec(command as [string]).catch((error: Error) => error)
      expect(mine).toBeInstanceOf(RedisCommandFailed)
      const said = (reference as Error).message.split(', command was:')[0]
      expect((mine as Error).message).toBe(said)
    }
  })
})

/** A server that answers what no Redis would. */
async function against<T>(answer: { status: number; json: string }, ask: (url: string) => T) {
  const failure = (status: number, message: string) => ({ status, json: message })
  const bridge = await serveBridge({
    port: undefined,
    authorization: 'Bearer x',
    failure,
    answer: async () => answer,
  })
  try {
    return await ask(bridge.url)
  } finally {
    await bridge.stop()
  }
}

describe('the Redis client', () => {
  it.each([
    ['a failing server', 500, 'Internal Server Error'],
    ['an error page with status 200', 200, '<html>'],
    ['a database that is over its limit', 400, '{"error":"max daily request limit exceeded"}'],
    ['an answer without a result', 200, '{}'],
    ['a result with a failing status', 502, '{"result":"OK"}'],
  ])('takes %s for an outage', async (_, status, json) => {
    await against({ status, json }, async (url) => {
      const client = new RedisClient({ url, token: 'x' })
      await expect(client.ping()).rejects.toThrow(Unavailable)
    })
  })

  it('takes a token that is refused for an outage, and does not repeat it', async () => {
    const { redisRest: url = '' } = inject('endpoints')
    const client = new RedisClient({ url, token: 'wrong-token' })
    const error = await client.ping().catch((reason: Error) => reason)
    expect(error).toBeInstanceOf(Unavailable)
    expect(String((error as Error).cause)).not.toContain('wrong-token')
  })
})
