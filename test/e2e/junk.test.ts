import { readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, expect, inject, it } from 'vitest'
import { ROOT } from '../../local/root.ts'
import { login } from '../support/client.ts'
import { type Answered, deviations } from '../support/contract.ts'
import { unpacked } from '../support/unpacked.ts'

const REQUESTS = 2_000
const PARALLEL = 20

/** Every route, from the samples in events/. */
const routes = readdirSync(join(ROOT, 'events'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(join(ROOT, 'events', name), 'utf8')))
  .flatMap((event) =>
    event.routeKey?.includes(' ') ? [event.routeKey.split(' ') as [string, string]] : [],
  )

/** Routes that would end the sessions with which the other requests are sent. */
const SIGN_OUT = new Set([
  'POST /api/auth/logout',
  'DELETE /api/auth/sessions',
  'DELETE /api/user/info',
])

let tokens: string[] = []
beforeAll(async () => {
  tokens = [(await login('junk')).accessToken, (await login('admin')).accessToken]
})

type Raw = { method: string; path: string; headers: Record<string, string>; body: Buffer }

/** Sends bytes as they are: fetch would mend too much. */
function send({ method, path, headers, body }: Raw): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${inject('endpoints').api}`,
      {
        method,
        path,
        headers: { ...headers, 'content-length': String(body.length) },
        timeout: 20_000,
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const bytes = Buffer.concat(chunks)
          const text = unpacked(response.headers['content-encoding'], bytes)
          const named = response.headers as Record<string, string>
          resolve({ status: response.statusCode ?? 0, headers: new Headers(named), text })
        })
      },
    )
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer to ${method} ${path}`)))
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

const segment = fc.oneof(
  fc.constantFrom(
    '1',
    '0',
    '-1',
    '999999999999999999999',
    '%00',
    '%',
    '%ff',
    '..',
    "'",
    '01KB2Z5GJ9QW8X4V7T3N6M2R1C',
    '%E4%BD%A0',
  ),
  fc.string({ maxLength: 20 }).map(encodeURIComponent),
)
const query = fc.oneof(
  fc.constant(''),
  fc.constantFrom(
    '?limit=0',
    '?limit=101',
    '?limit=1e2',
    '?cursor=%00',
    '?cursor=W10',
    '?status=x',
    '?sort=',
    '?category=a',
    '?a[b]=c',
    '?%',
    '?limit=1&limit=2',
  ),
  fc
    .string({ maxLength: 30 })
    .map((text) => `?${encodeURIComponent(text)}=${encodeURIComponent(text)}`),
)
const names = [
  'items',
  'skuId',
  'quantity',
  'code',
  'refreshToken',
  'nickname',
  'email',
  'audience',
  'emails',
  'delta',
  'reason',
  'skus',
  'title',
  '__proto__',
  'constructor',
]
const json = fc.object({ key: fc.constantFrom(...names), maxDepth: 3, withNullPrototype: false })
const body = fc.oneof(
  fc.constant(Buffer.alloc(0)),
  json.map((value) => Buffer.from(JSON.stringify(value))),
  fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value))),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom('{', '[]', 'null', '"x"', '1e999', `${'['.repeat(5000)}`, '{"a":1}x')
    .map((text) => Buffer.from(text)),
)
const headers = fc.record(
  {
    'content-type': fc.constantFrom(
      'application/json',
      'text/plain',
      'multipart/form-data; boundary=x',
      'application/octet-stream',
      'nonsense',
      'application/json; charset=utf-16',
    ),
    'content-encoding': fc.constantFrom('gzip', 'br', 'identity'),
    'x-trace-id': fc.constantFrom('short', 'x'.repeat(100), 'good-trace-id', '<script>'),
    'idempotency-key': fc.constantFrom('', 'k', 'x'.repeat(500), 'a key'),
    'accept-encoding': fc.constantFrom('gzip;q=0', '*', ';;;', 'gzip, br'),
    cookie: fc.constantFrom('a=b', '=', 'a', ';;'),
    origin: fc.constantFrom('null', 'http://evil.example'),
    who: fc.constantFrom('nobody', 'user', 'admin', 'junk'),
  },
  { requiredKeys: [] },
)

const junk: fc.Arbitrary<Raw> = fc
  .record({ route: fc.constantFrom(...routes), segment, query, headers, body, known: fc.boolean() })
  .map(
    ({
      route: [method, path],
      segment: part,
      query: search,
      headers: { who, ...rest },
      body: bytes,
      known,
    }) => {
      const byName: Record<string, string | undefined> = {
        user: tokens[0],
        admin: tokens[1],
        junk: 'a.b.c',
      }
      const token = SIGN_OUT.has(`${method} ${path}`) ? '' : (byName[who ?? ''] ?? '')
      return {
        method,
        path: `${path.replace(/\{\w+\}/g, part)}${known ? '' : `/${part}`}${search}`,
        headers: { ...rest, ...(token === '' ? {} : { authorization: `Bearer ${token}` }) },
        body: method === 'GET' ? Buffer.alloc(0) : bytes,
      }
    },
  )

it(`answers ${REQUESTS} requests of junk as the contract says and never with a 500`, async () => {
  const requests = fc.sample(junk, { numRuns: REQUESTS, seed: 20261124 })
  const wrong: string[] = []
  const work = async () => {
    for (let next = requests.pop(); next !== undefined; next = requests.pop()) {
      const answered = await send(next).catch((error: Error) => ({
        status: 0,
        headers: new Headers(),
        text: error.message,
      }))
      const { status, text } = answered
      const answers = status > 0 && status < 500
      const problems = answers ? deviations(next.method, next.path, answered) : ['no answer']
      if (problems.length > 0)
        wrong.push(
          `${next.method} ${next.path} ${JSON.stringify(next.headers).slice(0, 200)} ${next.body.toString().slice(0, 80)} → ${status} ${text.slice(0, 200)}: ${problems}`,
        )
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, work))
  expect(wrong).toEqual([])
}, 120_000)
