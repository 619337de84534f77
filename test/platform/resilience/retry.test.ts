import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDatabase } from '../../../shared/platform/database/database.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { RedisClient } from '../../../shared/platform/redis/client.ts'
import { script } from '../../../shared/platform/redis/script.ts'
import { createRetry } from '../../../shared/platform/resilience/retry.ts'
import { invocation } from '../../../shared/platform/telemetry/invocation.ts'
import { contextOf } from '../../support/context.ts'

const failure = new Error('lost')
const always = async () => {
  throw failure
}

function subject(random = () => 0.5) {
  const pauses: number[] = []
  const retry = createRetry({ random, pause: async (millis) => pauses.push(millis) })
  return { retry, pauses }
}

describe('a retry', () => {
  it('waits longer each time, by chance, and gives up after the tries it has', async () => {
    const { retry, pauses } = subject()
    await expect(retry(always, { tries: 8, again: () => true })).rejects.toBe(failure)
    expect(pauses).toEqual([10, 20, 40, 80, 160, 250, 250])
  })

  it('is not made of what may not be done twice, nor of what went well', async () => {
    const { retry, pauses } = subject()
    await expect(retry(always, { tries: 3, again: () => false })).rejects.toBe(failure)
    expect(await retry(async () => 'fine', { tries: 3, again: () => true })).toBe('fine')
    expect(pauses).toEqual([])
  })

  it('waits at least as long as it was asked to', async () => {
    const { retry, pauses } = subject()
    await expect(retry(always, { tries: 2, again: () => 2_000 })).rejects.toBe(failure)
    expect(pauses).toEqual([2_010])
  })

  it('is not made where its turn would come after the deadline', async () => {
    const { retry, pauses } = subject()
    const within = (millis: number) =>
      invocation(contextOf(millis + 300), 'test', 'trace-0001', () =>
        retry(always, { tries: 2, again: () => 2_000 }),
      )
    await expect(within(1_900)).rejects.toBe(failure)
    expect(pauses).toEqual([])
    await expect(within(60_000)).rejects.toBe(failure)
    expect(pauses).toHaveLength(1)
  })

  it('adds no more than a tenth to the calls, and ten at first, whatever fails', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 400 }), async (fails) => {
        const { retry, pauses } = subject()
        for (const fail of fails) {
          const work = fail ? always : async () => undefined
          await retry(work, { tries: 3, again: () => true }).catch(() => undefined)
          expect(pauses.length).toBeLessThanOrEqual(10)
        }
        const { retry: other, pauses: others } = subject()
        for (const _ of fails) {
          await other(always, { tries: 3, again: () => true }).catch(() => undefined)
        }
        expect(others.length).toBeLessThanOrEqual(10 + fails.length / 10)
      }),
      { numRuns: 20 },
    )
  })
})

/** A server that cuts the connection of the next calls, or asks to come back, and then answers. */
describe('a call whose connection was lost', () => {
  let server: Server
  let url: string
  let calls = 0
  let trouble: ('cut' | 'busy')[] = []
  const answers = JSON.stringify({ result: {}, session: {} })
  beforeAll(async () => {
    server = createServer((request, response) => {
      calls++
      request.resume().once('end', () => {
        const now = trouble.shift()
        if (now === 'cut') return response.destroy()
        if (now === 'busy') response.writeHead(503, { 'retry-after': '0' })
        return response.end(answers)
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://u:p@127.0.0.1:${(server.address() as AddressInfo).port}/x`
  })
  afterAll(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })

  async function after(what: typeof trouble, work: () => Promise<unknown>) {
    trouble = what
    calls = 0
    const outcome = await work().then(
      () => 'done',
      (error: Error) => error.name,
    )
    return [outcome, calls]
  }
  const redis = () => new RedisClient({ url: url.replace('u:p@', ''), token: 'x' })
  const database = () => createDatabase(url)

  it.each<[string, () => Promise<unknown>]>([
    ['of Redis that reads', () => redis().get('k')],
    ['of a script, which may be run twice', () => script(redis(), 'return 1')(['k'], [])],
    ['of the database that reads', () => database().query(sql`SELECT 1`)],
  ])('%s is made once more', async (_, work) => {
    expect(await after(['cut'], work)).toEqual(['done', 2])
    expect(await after(['busy'], work)).toEqual(['done', 2])
    expect(await after(['cut', 'cut'], work)).toEqual(['Unavailable', 2])
  })

  it.each<[string, () => Promise<unknown>]>([
    ['of Redis that writes', () => redis().set('k', 1)],
    ['of the database that writes', () => database().write(sql`UPDATE x SET y = 1`)],
    [
      'within a transaction',
      () => database().transaction((tx) => tx.query(sql`SELECT 1 FROM x FOR UPDATE`)),
    ],
  ])('%s is not', async (_, work) => {
    const [outcome, made] = await after(['cut'], work)
    expect(outcome).toBe('Unavailable')
    expect(made).toBe(1)
  })
})
