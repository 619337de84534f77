import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, inject, it } from 'vitest'
import { Redis } from '../../model/engines/redis.ts'
import { RedisClient } from '../../shared/platform/redis/client.ts'

const { redisRest = '', redisRestToken = '' } = inject('endpoints')
const client = new RedisClient({ url: redisRest, token: redisRestToken })

const field = fc.constantFrom('a', 'b', 'c')
const number = fc.integer({ min: -3, max: 9 }).map(String)
const text = fc.constantFrom('x', 'y z', '茶')

/** Keys by what they hold, so that most commands fit; some don't, and are refused by both. */
const key = (kind: string) => fc.constantFrom(`${kind}1`, `${kind}2`)
const any = fc.oneof(key('s'), key('h'), key('z'), key('m'))
const of = (name: string, ...parts: fc.Arbitrary<string>[]) => fc.tuple(fc.constant(name), ...parts)

const command: fc.Arbitrary<string[]> = fc.oneof(
  of('SET', key('s'), text),
  of('SET', key('s'), text, fc.constant('NX')),
  of('SET', key('s'), text, fc.constant('PX'), fc.constant('100000')),
  of('GET', any),
  of('MGET', any, any),
  of('INCRBY', fc.constant('n1'), number),
  of('HSET', key('h'), field, number),
  of('HINCRBY', key('h'), field, number),
  of('HGET', any, field),
  of('HMGET', key('h'), field, field),
  of('HDEL', key('h'), field, field),
  of('HLEN', key('h')),
  of('HEXISTS', key('h'), field),
  of('HGETALL', key('h')),
  of('HVALS', key('h')),
  of('ZADD', key('z'), number, field),
  of('ZREM', key('z'), field),
  of('ZRANGE', key('z'), number, number),
  of('ZRANGEBYSCORE', key('z'), number, number, fc.constant('LIMIT'), fc.constant('0'), number),
  of('SADD', key('m'), field, field),
  of('SREM', key('m'), field),
  of('SMEMBERS', key('m')),
  of('EXISTS', any, any),
  of('EXPIRE', any, fc.constant('100')),
  of('DEL', any),
)

/** As a script runs it: all of it at once, under keys of its own. Members of a set come in any order. */
const SCRIPT = `
local replies = {}
for at, call in ipairs(cjson.decode(ARGV[1])) do
  local reply = redis.pcall(unpack(call))
  if type(reply) == 'table' and reply.err then reply = 'refused' end
  if type(reply) == 'table' and reply.ok then reply = reply.ok end
  if call[1] == 'SMEMBERS' and type(reply) == 'table' then table.sort(reply) end
  replies[at] = {reply, type(reply)}
end
return replies`

it('answers as Redis does, to commands and to scripts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 20 }), async (commands) => {
      const model = new Redis(Date.now)
      const prefix = randomUUID()
      const own = commands.map(([name = '', ...rest]) => {
        const keys = name === 'MGET' || name === 'EXISTS' ? rest : rest.slice(0, 1)
        return [name, ...keys.map((part) => prefix + part), ...rest.slice(keys.length)]
      })
      const args = [JSON.stringify(own)]
      const real = await client.eval(SCRIPT, [], args)
      expect(model.run(['EVAL', SCRIPT, '0', ...args])).toEqual(real)
    }),
    { numRuns: 150 },
  )
})
