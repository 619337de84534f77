import { ClientRequest } from 'node:http'
import { expect, it, vi } from 'vitest'
import * as z from 'zod/mini'
import { route } from '../../../shared/platform/http/route.ts'
import { limiter } from '../../../shared/platform/limits/index.ts'
import { contextOf, envelopeOf, eventOf } from '../../support/context.ts'

// The settings of these tests name a Redis that is not there.
const limited = (withoutRedis: 'open' | 'closed') =>
  route(
    {
      method: 'GET',
      path: '/limited',
      summary: 'A limited route',
      auth: 'public',
      limit: { name: withoutRedis, shop: { perSecond: 1, burst: 2 }, withoutRedis },
      replies: { 200: z.string() },
    },
    () => 'done',
  )

it('asks once about a request that nobody can count', async () => {
  const take = vi.spyOn(limiter(), 'take')
  expect((await limited('closed')(eventOf(), contextOf())).statusCode).toBe(503)
  expect(take).toHaveBeenCalledTimes(1)
  take.mockRestore()
})

it('without Redis a route passes or is refused as its limit says, and nobody waits for long', async () => {
  const sent = vi.spyOn(ClientRequest.prototype, 'end')
  const [open, closed] = [limited('open'), limited('closed')]
  for (let i = 0; i < 30; i++) {
    const passed = await open(eventOf(), contextOf())
    expect([passed.statusCode, passed.headers?.['ratelimit-policy']]).toEqual([
      200,
      '"shop";q=2;w=2',
    ])
    const refused = await closed(eventOf(), contextOf())
    expect([refused.statusCode, envelopeOf(refused).code]).toEqual([503, 50301])
    expect(refused.headers?.['retry-after']).toBe('1')
  }
  // Two failures, tried twice each at most, and perhaps a look now and then: the rest did not even ask.
  expect(sent.mock.calls.length).toBeGreaterThan(0)
  expect(sent.mock.calls.length).toBeLessThanOrEqual(20)
  sent.mockRestore()
})
