import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod/mini'
import { NotFound, RateLimited } from '../../../shared/platform/errors/standard.ts'
import { created, Reply } from '../../../shared/platform/http/definition.ts'
import { Json } from '../../../shared/platform/http/json.ts'
import { route } from '../../../shared/platform/http/route.ts'
import { callDeadline, currentScope } from '../../../shared/platform/telemetry/scope.ts'
import { contextOf, envelopeOf, eventOf } from '../../support/context.ts'

const written = vi.spyOn(process.stdout, 'write')
afterEach(() => written.mockClear())
const logged = () => written.mock.calls.map(([line]) => String(line)).join('')

const Body = z.strictObject({ name: z.string().check(z.minLength(2)), size: z.optional(z.int()) })
const post = (handle: (body: z.output<typeof Body>) => unknown = (body) => body) =>
  route(
    {
      method: 'POST',
      path: '/things/{id}',
      summary: 'A thing',
      auth: 'public',
      params: z.strictObject({ id: z.string().check(z.regex(/^\d+$/)) }),
      query: z.strictObject({ loud: z.optional(z.literal('yes')) }),
      body: Body,
      replies: { 200: z.unknown() },
    },
    ({ body }) => handle(body),
  )
const get = (handle: () => unknown) =>
  route(
    {
      method: 'GET',
      path: '/thing',
      summary: 'A thing',
      auth: 'public',
      replies: { 200: z.unknown() },
    },
    handle,
  )
const good = { params: { id: '1' }, body: '{"name":"mug"}' }

describe('an answer', () => {
  it('is the envelope, with the trace id in body and header', async () => {
    const event = eventOf({ ...good, headers: { 'x-trace-id': 'trace-0001' } })
    const result = await post()(event, contextOf())
    expect(result.statusCode).toBe(200)
    expect(result.body).toBe(
      '{"code":0,"message":"ok","data":{"name":"mug"},"traceId":"trace-0001"}',
    )
    expect(result.headers).toMatchObject({
      'x-trace-id': 'trace-0001',
      'content-type': 'application/json; charset=utf-8',
    })
    expect(result.headers?.['server-timing']).toMatch(/^app;dur=[\d.]+$/)
  })

  it('leaves null and undefined out, but for data itself and the end of a list', async () => {
    const of = async (data: unknown) => envelopeOf(await get(() => data)(eventOf(), contextOf()))
    expect((await of({ a: null, b: undefined, c: { d: null }, nextCursor: null })).data).toEqual({
      c: {},
      nextCursor: null,
    })
    expect(await of(null)).toHaveProperty('data', null)
    expect(await of(undefined)).toHaveProperty('data', null)
  })

  it('has the status and headers of a reply', async () => {
    expect((await get(() => created({ id: '1' }))(eventOf(), contextOf())).statusCode).toBe(201)
    const result = await get(() => new Reply(200, {}, { 'cache-control': 'public' }))(
      eventOf(),
      contextOf(),
    )
    expect(result.headers?.['cache-control']).toBe('public')
  })

  it('that is raw has no envelope: JSON, text of its own type, or nothing at all', async () => {
    const raw = (data: unknown, contentType?: 'text/html; charset=utf-8') =>
      route(
        {
          method: 'GET',
          path: '/thing',
          summary: 'A thing',
          auth: 'public',
          replies: { 200: z.unknown() },
          format: 'raw',
          ...(contentType === undefined ? {} : { contentType }),
        },
        () => new Reply(200, data),
      )(eventOf(), contextOf())
    expect(await raw({ a: null })).toMatchObject({
      body: '{"a":null}',
      headers: { 'content-type': 'application/json; charset=utf-8' },
    })
    expect(await raw('<p>', 'text/html; charset=utf-8')).toMatchObject({
      body: '<p>',
      headers: { 'content-type': 'text/html; charset=utf-8' },
    })
    const empty = await raw(undefined, 'text/html; charset=utf-8')
    expect(empty.body).toBe('')
    expect(empty.headers).not.toHaveProperty('content-type')
  })

  it('is compressed above 1 KiB for clients that take gzip, errors too', async () => {
    const long = 'x'.repeat(2000)
    const accept = { headers: { 'accept-encoding': 'gzip' } }
    const packed = await get(() => long)(eventOf(accept), contextOf())
    expect(packed).toMatchObject({
      isBase64Encoded: true,
      headers: { 'content-encoding': 'gzip', vary: 'accept-encoding' },
    })
    const text = gunzipSync(Buffer.from(packed.body ?? '', 'base64')).toString()
    expect(JSON.parse(text).data).toBe(long)
    expect((await get(() => 'short')(eventOf(accept), contextOf())).headers).not.toHaveProperty(
      'content-encoding',
    )
    const plain = await get(() => long)(eventOf(), contextOf())
    expect(plain.headers).toMatchObject({ vary: 'accept-encoding' })
    expect(plain.headers).not.toHaveProperty('content-encoding')
    const error = await get(() => {
      throw new NotFound(long)
    })(eventOf(accept), contextOf())
    expect(error.headers?.['content-encoding']).toBe('gzip')
  })

  it('made of JSON goes out as it stands, whole or compressed', async () => {
    const json = Json.of({ title: '手冲咖啡壶'.repeat(200), gone: null })
    const handler = get(() => json)
    const answers = ['', 'gzip', 'gzip, br'].map(async (coding) => {
      const headers = { 'accept-encoding': coding, 'x-trace-id': `trace-${coding.length}000` }
      const { body = '', headers: sent } = await handler(eventOf({ headers }), contextOf())
      const bytes = Buffer.from(body, 'base64')
      const used = sent?.['content-encoding']
      if (used === 'br') return brotliDecompressSync(bytes).toString()
      return used === 'gzip' ? gunzipSync(bytes).toString() : body
    })
    const data = `{"title":"${'手冲咖啡壶'.repeat(200)}"}`
    expect(await Promise.all(answers)).toEqual(
      ['trace-0000', 'trace-4000', 'trace-8000'].map(
        (traceId) => `{"code":0,"message":"ok","data":${data},"traceId":"${traceId}"}`,
      ),
    )
  })

  it('is an error where the answer can not be made, and not the JSON that it was to be', async () => {
    const broken = {
      packed: () => {
        throw new Error('no')
      },
    }
    const json = Object.assign(Json.of('x'.repeat(2000)), broken)
    const accept = { headers: { 'accept-encoding': 'br' } }
    const result = await get(() => json)(eventOf(accept), contextOf())
    expect([result.statusCode, envelopeOf(result).code]).toEqual([500, 50001])
  })
})

describe('a request', () => {
  it('that is wrong in many ways names each of them', async () => {
    const event = eventOf({
      params: { id: 'x' },
      query: { loud: 'no', odd: '1' },
      body: '{"name":"m","size":1.5,"price":1}',
    })
    const { code, details } = envelopeOf(await post()(event, contextOf()))
    expect(code).toBe(40001)
    expect(details?.map(({ field }) => field).toSorted()).toEqual([
      'name',
      'params.id',
      'price',
      'query.loud',
      'query.odd',
      'size',
    ])
    for (const { message } of details ?? []) expect(message).toMatch(/\w{4}/)
  })

  it.each([
    ['nothing', undefined],
    ['not JSON', '{"name"'],
    ['not an object', '[]'],
    ['null', 'null'],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]).toString('base64')],
  ])('with a body that is %s is 40001', async (name, body) => {
    const event = eventOf({
      params: { id: '1' },
      base64: name === 'not UTF-8',
      ...(body === undefined ? {} : { body }),
    })
    const result = await post()(event, contextOf())
    expect([result.statusCode, envelopeOf(result).code]).toEqual([400, 40001])
  })

  it('may come in base64', async () => {
    const body = Buffer.from('{"name":"杯子 ☕"}').toString('base64')
    const result = await post()(eventOf({ params: { id: '1' }, body, base64: true }), contextOf())
    expect(envelopeOf(result).data).toEqual({ name: '杯子 ☕' })
  })

  it('is 41301 above 256 KiB, counted in bytes', async () => {
    const sized = (bytes: number) => {
      const frame = '{"name":""}'
      return eventOf({
        params: { id: '1' },
        body: frame.replace('""', `"${'x'.repeat(bytes - frame.length)}"`),
      })
    }
    expect((await post(() => null)(sized(256 * 1024), contextOf())).statusCode).toBe(200)
    const over = await post()(sized(256 * 1024 + 1), contextOf())
    expect([over.statusCode, envelopeOf(over).code]).toEqual([413, 41301])
  })

  it('without a body schema takes none, or an empty object', async () => {
    const bare = route(
      { method: 'POST', path: '/x', summary: 'x', auth: 'public', replies: { 200: z.null() } },
      () => null,
    )
    expect((await bare(eventOf(), contextOf())).statusCode).toBe(200)
    // serverless-offline says so.
    const none = { ...eventOf(), body: null } as never
    expect((await bare(none, contextOf())).statusCode).toBe(200)
    expect((await bare(eventOf({ body: '{}' }), contextOf())).statusCode).toBe(200)
    expect((await bare(eventOf({ body: '{"a":1}' }), contextOf())).statusCode).toBe(400)
  })

  it('needs its Idempotency-Key', async () => {
    const keyed = route(
      {
        method: 'POST',
        path: '/x',
        summary: 'x',
        auth: 'public',
        idempotent: true,
        replies: { 200: z.string() },
      },
      ({ idempotencyKey }) => idempotencyKey,
    )
    expect(
      envelopeOf(await keyed(eventOf({ headers: { 'idempotency-key': 'k1' } }), contextOf())).data,
    ).toBe('k1')
    for (const key of ['', 'a b', 'x'.repeat(129), '键']) {
      const { details } = envelopeOf(
        await keyed(eventOf({ headers: { 'idempotency-key': key } }), contextOf()),
      )
      expect(details?.[0]?.field).toBe('Idempotency-Key')
    }
  })
})

describe('an error', () => {
  it('of ours says its code, details and when to come back', async () => {
    const result = await get(() => {
      throw new RateLimited({ a: 1 }, { retryAfterSeconds: 7 })
    })(eventOf(), contextOf())
    expect(result).toMatchObject({ statusCode: 429, headers: { 'retry-after': '7' } })
    expect(envelopeOf(result)).toMatchObject({ code: 42901, data: null, details: { a: 1 } })
  })

  it('that nobody foresaw is 50001 without a word about it, and in the log with its trace', async () => {
    const result = await get(() => {
      throw new TypeError('secret 13800138000')
    })(eventOf({ headers: { 'x-trace-id': 'trace-0002' } }), contextOf())
    expect([result.statusCode, envelopeOf(result).code]).toEqual([500, 50001])
    expect(result.body).not.toContain('secret')
    expect(logged()).toMatch(/"level":"error".*trace-0002.*TypeError/)
    expect(logged()).not.toContain('13800138000')
  })

  it('is 50301 with Retry-After when the time is up, before Lambda ends the call', async () => {
    const started = performance.now()
    const result = await get(() => new Promise(() => {}))(eventOf(), contextOf(600))
    expect([result.statusCode, envelopeOf(result).code, result.headers?.['retry-after']]).toEqual([
      503,
      50301,
      '1',
    ])
    expect(performance.now() - started).toBeLessThan(600)
  })

  it('of a call to elsewhere comes by the deadline, whatever its own cap', async () => {
    const waits = get(async () => {
      await new Promise((_, reject) => {
        const signal = callDeadline(60_000)
        signal.addEventListener('abort', () => reject(new NotFound()))
      })
    })
    expect((await waits(eventOf(), contextOf(700))).statusCode).toBe(404)
  })
})

it('keeps apart the scopes of requests that run side by side', async () => {
  const handler = get(async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return currentScope()?.traceId
  })
  const ids = Array.from({ length: 20 }, (_, index) => `trace-id-${index}`)
  const results = await Promise.all(
    ids.map((id) => handler(eventOf({ headers: { 'x-trace-id': id } }), contextOf())),
  )
  expect(results.map((result) => envelopeOf(result).data)).toEqual(ids)
})
