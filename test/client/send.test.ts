import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoff, retryAfter } from '../../client/src/backoff.ts'
import { newId } from '../../client/src/clock.ts'
import { ApiError, codes, NetworkError } from '../../client/src/index.ts'
import { down, ok, refusal, shopOver, testClock } from './shop.ts'
import type { Answered, Sent } from './wx.ts'

const TRACE_ID = /^[A-Za-z0-9._-]{8,64}$/
const HOME = { banners: [], categories: [], featured: [], flashSales: [] }
const page = (status: number): Answered => ({ status, text: '<html>' })

/** Answers one after the other; the last one again and again. */
const script = (...answers: (() => Answered)[]) => {
  let turn = 0
  return () => (answers[Math.min(turn++, answers.length - 1)] ?? down)()
}
const body = { items: [{ skuId: '1', quantity: 1 }] }

describe('a call', () => {
  it('is sent as the route says: path, query, body, and a trace id of its own', async () => {
    const { client, sent } = shopOver(() => ok(null))
    const clock = testClock(Math.random)
    const shop = client({ baseUrls: ['https://a.example/shop/'], clock })
    await shop.request('GET /api/products', {
      query: { q: '茶 & 水', limit: 5, cursor: undefined },
    })
    await shop.request('PUT /api/cart/items/{skuId}', {
      params: { skuId: '7/8' },
      body: { quantity: 2 },
    })
    await shop.request('GET /api/home', { traceId: 'my-own-trace' })
    const [list, put, home] = sent
    expect(list).toMatchObject({
      method: 'GET',
      url: 'https://a.example/shop/api/products?q=%E8%8C%B6%20%26%20%E6%B0%B4&limit=5',
      body: undefined,
    })
    expect(put).toMatchObject({
      method: 'PUT',
      url: 'https://a.example/shop/api/cart/items/7%2F8',
      headers: { 'Content-Type': 'application/json' },
      body: { quantity: 2 },
    })
    expect(list?.headers['X-Trace-ID']).toMatch(TRACE_ID)
    expect(put?.headers['X-Trace-ID']).not.toBe(list?.headers['X-Trace-ID'])
    expect(home?.headers['X-Trace-ID']).toBe('my-own-trace')
  })

  it('that the shop refuses throws its code, trace id and details', async () => {
    const { client } = shopOver(() => refusal(codes.outOfStock))
    const error = await client()
      .request('POST /api/orders', { body })
      .catch((thrown) => thrown)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({
      code: 40901,
      status: 409,
      message: 'refused with 40901',
      traceId: 'trace-of-the-shop',
      details: [{ field: 'x', message: 'is wrong' }],
    })
  })

  it('that a gateway answers throws its status, and a page of another network is no answer', async () => {
    const { client } = shopOver(
      script(
        () => page(404),
        () => page(200),
      ),
    )
    const shop = client({ tries: 1 })
    await expect(shop.request('GET /api/home')).rejects.toMatchObject({ code: 40400, status: 404 })
    const error = await shop.request('GET /api/home').catch((thrown) => thrown)
    expect(error).toBeInstanceOf(NetworkError)
    expect(error.traceId).toMatch(TRACE_ID)
  })

  it('that wx.request cannot send says so, and no host is blamed', async () => {
    const { client, sent } = shopOver(() => ok(HOME))
    const shop = client()
    const call = shop.request('PATCH /api/user/info', { body: { nickname: '小明' } })
    await expect(call).rejects.toThrow('wx.request cannot send PATCH')
    expect(sent).toEqual([])
  })

  it('without a part of its path is a mistake', () => {
    const { client } = shopOver(() => ok(null))
    const call = () => client().request('GET /api/products/{id}', { params: { id: '' } })
    expect(call).toThrow('needs a id')
  })
})

describe('a call is repeated', () => {
  it.each([
    ['no network', down],
    ['502', () => page(502)],
    ['503', () => refusal(codes.unavailable)],
    ['504', () => page(504)],
    ['429', () => refusal(codes.rateLimited)],
    ["a hotel's sign-in page", () => page(200)],
  ])('on %s, with the same trace id', async (_, fault) => {
    const { client, sent } = shopOver(script(fault, fault, () => ok(HOME)))
    expect(await client().request('GET /api/home')).toEqual(HOME)
    expect(sent).toHaveLength(3)
    expect(new Set(sent.map(({ headers }) => headers['X-Trace-ID'])).size).toBe(1)
  })

  it.each([40001, 40101, 40401, 40901, 40902, 42201, 50001])('not on %i', async (code) => {
    const { client, sent } = shopOver(() => refusal(code))
    await expect(client().request('GET /api/home')).rejects.toMatchObject({ code })
    expect(sent).toHaveLength(1)
  })

  it('with its one idempotency key', async () => {
    const receipt = { orderId: '1', status: 'pending' }
    const { client, sent } = shopOver(
      script(
        down,
        () => page(504),
        () => ok(receipt),
      ),
    )
    const shop = client()
    expect(await shop.request('POST /api/orders', { body })).toEqual(receipt)
    await shop.request('POST /api/orders', { body, idempotencyKey: 'kept-from-before' })
    const keys = sent.map(({ headers }) => headers['Idempotency-Key'])
    expect(keys).toEqual([keys[0], keys[0], keys[0], 'kept-from-before'])
    expect(keys[0]).toMatch(TRACE_ID)
  })

  it('with a key of its own whatever it changes, and waits for its own earlier try', async () => {
    const { client, sent, clock } = shopOver(
      script(
        down,
        ...Array.from({ length: 5 }, () => () => {
          return refusal(codes.keyInProgress, { 'Retry-After': '2' })
        }),
        () => ok(null),
      ),
    )
    await client({ tries: 2 }).request('POST /api/orders/{id}/cancel', { params: { id: '1' } })
    const keys = sent.map(({ headers }) => headers['Idempotency-Key'])
    expect([keys.length, new Set(keys).size]).toEqual([7, 1])
    expect(clock.waits.at(-1)).toBeGreaterThanOrEqual(2_000)
    const shop = client({ clock: testClock(Math.random) })
    await shop.request('DELETE /api/addresses/{id}', { params: { id: '1' } })
    await shop.request('DELETE /api/addresses/{id}', { params: { id: '1' } })
    const [one, other] = sent.slice(7).map(({ headers }) => headers['Idempotency-Key'])
    expect(one).toMatch(TRACE_ID)
    expect(one).not.toBe(other)
    await shop.request('GET /api/home')
    expect(sent.at(-1)?.headers).not.toHaveProperty('Idempotency-Key')
  })

  it.each([
    ['no network', down],
    ['503 with Retry-After', () => refusal(codes.unavailable, { 'Retry-After': '1' })],
    ["a gateway's 429", () => page(429)],
    ['504', () => page(504)],
  ])('never, where it is a POST without a key, on %s', async (_, fault) => {
    const { client, sent } = shopOver(fault)
    const shop = client({ baseUrls: ['https://a.example', 'https://b.example'] })
    await expect(shop.request('POST /api/auth/logout')).rejects.toThrow()
    expect(sent).toHaveLength(1)
  })

  it('whatever it is, where a limit refused it before anything was done', async () => {
    const limited = () => refusal(codes.rateLimited, { 'Retry-After': '2' })
    const { client, sent, clock } = shopOver(script(limited, () => ok(null)))
    await client().request('POST /api/auth/logout')
    expect(sent).toHaveLength(2)
    expect(clock.waits).toEqual([2150])
  })

  it('at most `tries` times', async () => {
    const { client, sent } = shopOver(down)
    await expect(client({ tries: 3 }).request('GET /api/home')).rejects.toThrow('ECONNREFUSED')
    expect(sent).toHaveLength(3)
  })

  it('after what Retry-After says, in seconds or as a date', async () => {
    const date = new Date(testClock().now() + 10_000).toUTCString()
    const { client, clock } = shopOver(
      script(
        () => refusal(codes.rateLimited, { 'retry-after': '2' }),
        () => refusal(codes.unavailable, { 'Retry-After': date }),
        () => ok(HOME),
      ),
    )
    await client().request('GET /api/home')
    expect(clock.waits[0]).toBeGreaterThanOrEqual(2_000)
    expect(clock.waits[0]).toBeLessThan(2_300)
    expect(clock.waits[0]! + clock.waits[1]!).toBeGreaterThanOrEqual(10_000)
  })

  it('not where the wait would be longer than the time that is left', async () => {
    const { client, clock } = shopOver(() => refusal(codes.unavailable, { 'Retry-After': '60' }))
    await expect(client().request('GET /api/home')).rejects.toMatchObject({
      code: codes.unavailable,
      retryAfterMillis: 60_000,
    })
    expect(clock.waits).toEqual([])
  })

  it('within its deadline, whatever happens', async () => {
    const fault = fc.constantFrom('down', 'slow', '429', '503')
    const property = fc.asyncProperty(
      fc.array(fault, { minLength: 1, maxLength: 12 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      async (faults, random) => {
        const clock = testClock(() => random)
        const { client } = shopOver((): Answered => {
          const next = faults.shift()
          if (next === 'slow') clock.pass(5_000)
          if (next === undefined) return ok(HOME)
          return next === '429' || next === '503' ? refusal(Number(next) * 100 + 1) : down()
        })
        const started = clock.now()
        await client({ clock, tries: 10, deadlineMillis: 20_000 })
          .request('GET /api/home')
          .catch(() => {})
        // The last try begins within the deadline, and shim time passes within a try.
        expect(clock.now() - started).toBeLessThanOrEqual(25_000)
      },
    )
    await fc.assert(property)
  })

  it('each try gives up after its timeout', async () => {
    const { client } = shopOver(() => new Promise(() => {}))
    const call = client({ tries: 1, timeoutMillis: 20 }).request('GET /api/home')
    await expect(call).rejects.toThrow('request:fail timeout')
  })
})

describe('several base URLs', () => {
  const baseUrls = ['https://a.example', 'https://b.example']
  /** Which host each request went to; in capitals those that asked for its health. */
  const hostsOf = (sent: Sent[]) =>
    sent
      .map(({ url }) => {
        const host = url.charAt('https://'.length)
        return url.endsWith('/api/health') ? host.toUpperCase() : host
      })
      .join('')
  /** Two regions, of which the first may have failed. */
  function regions(fault: () => Answered | Promise<Answered>) {
    const state = { broken: true }
    const shop = shopOver(({ url }) =>
      url.startsWith('https://a') && state.broken ? fault() : ok(HOME),
    )
    shop.remember('access', 'refresh')
    const client = shop.client({ baseUrls })
    return { ...shop, state, client, home: () => client.request('GET /api/home') }
  }

  it.each([
    ['no network', down],
    ['502', () => page(502)],
    ['503', () => refusal(codes.unavailable, { 'Retry-After': '1' })],
  ])('take over at once on %s, stay, and give back once the first is ready', async (_, fault) => {
    const { home, sent, clock, state } = regions(fault)
    await home()
    await home()
    expect([hostsOf(sent), clock.waits]).toEqual(['abb', []])
    clock.pass(5_000)
    await home()
    await home()
    expect(hostsOf(sent)).toBe('abbAbb')
    // It rests twice as long after the second time.
    clock.pass(5_000)
    await home()
    state.broken = false
    clock.pass(5_000)
    await home()
    expect(hostsOf(sent)).toBe('abbAbbbAb')
    await home()
    expect(hostsOf(sent)).toBe('abbAbbbAba')
  })

  it('are asked for their health beside a call, which does not wait for it', async () => {
    let answer = (_: Answered) => {}
    const late = new Promise<Answered>((resolve) => {
      answer = resolve
    })
    let isFirst = true
    const { home, sent, clock } = regions(() => {
      if (!isFirst) return late
      isFirst = false
      return down()
    })
    await home()
    clock.pass(60_000)
    await home()
    // Nor is it asked twice.
    await home()
    expect(hostsOf(sent)).toBe('abAbb')
    answer(ok({ status: 'ok' }))
    await expect
      .poll(async () => {
        await home()
        return hostsOf(sent).endsWith('a')
      })
      .toBe(true)
  })

  it('are given up sooner while another is left, where the call may be repeated', async () => {
    const never = () => new Promise<Answered>(() => {})
    const { client, sent } = shopOver(({ url }) =>
      url.startsWith('https://a') ? never() : ok(HOME),
    )
    const shopOfTwo = client({ baseUrls, timeoutMillis: 60_000, failoverMillis: 20 })
    expect(await shopOfTwo.request('GET /api/home')).toEqual(HOME)
    expect(sent.map(({ timeout }) => timeout)).toEqual([20, 30_000])
  })

  it('take over for an order with its one key', async () => {
    const { client, sent } = regions(() => page(504))
    await client.request('POST /api/orders', { body })
    expect(hostsOf(sent)).toBe('ab')
    expect(new Set(sent.map(({ headers }) => headers['Idempotency-Key'])).size).toBe(1)
  })

  it('do not take over for 429, nor when the shop itself has a defect', async () => {
    const { client, sent } = shopOver(
      script(
        () => refusal(codes.rateLimited),
        () => refusal(codes.internalError),
      ),
    )
    const call = client({ baseUrls }).request('GET /api/home')
    await expect(call).rejects.toMatchObject({ code: codes.internalError })
    expect(hostsOf(sent)).toBe('aa')
  })

  it('let no call that may not be repeated try out what failed before', async () => {
    const { client, home, sent, clock, state } = regions(down)
    await home()
    clock.pass(60_000)
    const logout = () => client.request('POST /api/auth/logout')
    await logout()
    expect(hostsOf(sent)).toBe('abAb')
    state.broken = false
    clock.pass(60_000)
    await home()
    await logout()
    expect(hostsOf(sent)).toBe('abAbAba')
  })

  it('count many failures at once as one', async () => {
    const { home, sent, clock } = regions(down)
    await Promise.all(Array.from({ length: 8 }, home))
    clock.pass(5_000)
    await home()
    expect(hostsOf(sent)).toBe(`${'a'.repeat(8)}${'b'.repeat(8)}Ab`)
  })

  it('serve every call that may be repeated as long as one of them is up, whichever it is', async () => {
    const three = ['https://a.example', 'https://b.example', 'https://c.example']
    const Turn = fc.record({
      up: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
      pass: fc.nat(100_000),
    })
    const property = fc.asyncProperty(fc.array(Turn, { maxLength: 30 }), async (turns) => {
      let up: string[] = []
      const { client, sent, clock } = shopOver(({ url }) =>
        up.includes(url.charAt('https://'.length)) ? ok(HOME) : down(),
      )
      const shop = client({ baseUrls: three })
      for (const turn of turns) {
        up = turn.up
        clock.pass(turn.pass)
        const before = sent.length
        expect(await shop.request('GET /api/home')).toEqual(HOME)
        const tries = hostsOf(sent.slice(before)).replace(/[A-Z]/g, '')
        // Nobody is tried twice.
        expect(new Set(tries).size).toBe(tries.length)
      }
    })
    await fc.assert(property)
  })

  it('are tried in turn, with waits, while all are down', async () => {
    const { client, sent, clock } = shopOver(down)
    await expect(client({ baseUrls, tries: 5 }).request('GET /api/home')).rejects.toThrow()
    expect(hostsOf(sent)).toBe('ababa')
    expect(clock.waits).toHaveLength(3)
  })
})

describe('the wait before the next try', () => {
  it('grows to a bound, begins after what was asked for, and is spread over the whole of it', () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 0, max: 60_000 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (attempt, asked, random) => {
        const wait = backoff(attempt, asked, random)
        const most = Math.min(8_000, 300 * 2 ** (attempt - 1))
        expect(wait).toBeGreaterThanOrEqual(asked)
        expect(wait).toBeLessThanOrEqual(asked + most)
        expect(backoff(attempt, asked, 0)).toBe(asked)
        expect(wait - asked).toBeCloseTo(random * most)
      },
    )
    fc.assert(property)
  })

  it('reads Retry-After, or leaves it', () => {
    const now = Date.parse('2026-11-24T08:00:00Z')
    expect(retryAfter('3', now)).toBe(3_000)
    expect(retryAfter('Tue, 24 Nov 2026 08:00:05 GMT', now)).toBe(5_000)
    expect(retryAfter('Tue, 24 Nov 2026 07:00:00 GMT', now)).toBe(0)
    expect([retryAfter(undefined, now), retryAfter('soon', now)]).toEqual([undefined, undefined])
  })
})

it('an id suits the shop, whatever the clock and chance say', () => {
  const property = fc.property(
    fc.date({ min: new Date(0), noInvalidDate: true }),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    (date, random) =>
      TRACE_ID.test(newId({ ...testClock(() => random), now: () => date.getTime() })),
  )
  fc.assert(property)
})
