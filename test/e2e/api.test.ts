import { randomUUID } from 'node:crypto'
import {
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  jwtVerify,
  SignJWT,
} from 'jose'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { call, login, newSku, type Product, send, type Tokens, until } from '../support/client.ts'

let admin: string
let alice: Tokens

beforeAll(async () => {
  admin = (await login('admin')).accessToken
  alice = await login('alice')
})

type Key = Awaited<ReturnType<typeof importJWK>>

const info = (token?: string) =>
  call<Tokens['user']>('GET', '/api/user/info', token === undefined ? {} : { token })

describe('a body', () => {
  it.each(['false', '0', 'null', '""', '[]'])('that is %s is no object of fields', async (raw) => {
    const answer = await call('POST', '/api/auth/login', { raw })
    expect(answer).toMatchObject({ status: 400, body: { code: 40001 } })
    expect(answer.body.details).toEqual([expect.objectContaining({ field: 'body' })])
  })
})

describe('signing in', () => {
  it('takes a code once, and the same person is the same user', async () => {
    const code = `mock:carol:${randomUUID()}`
    const first = await call<Tokens>('POST', '/api/auth/login', { body: { code } })
    expect(first.status).toBe(200)
    expect(first.body.data).toMatchObject({ expiresIn: 900, user: { role: 'user' } })
    const again = await call('POST', '/api/auth/login', { body: { code } })
    expect([again.status, again.body.code]).toEqual([401, 40104])
    expect((await login('carol')).user.id).toBe(first.body.data.user.id)
    const wrong = await call('POST', '/api/auth/login', { body: { code: 'nonsense' } })
    expect(wrong.body.code).toBe(40104)
  })

  it('makes one user of ten first logins at once', async () => {
    const name = `twin-${randomUUID()}`
    const ids = await Promise.all(Array.from({ length: 10 }, () => login(name)))
    expect(new Set(ids.map(({ user }) => user.id)).size).toBe(1)
  })

  it('gives the same new tokens where the answer was lost; later reuse ends the session', async () => {
    const { refreshToken } = await login('dave')
    const refresh = (token: string) =>
      call<Tokens>('POST', '/api/auth/refresh', { body: { refreshToken: token } })
    const next = (await refresh(refreshToken)).body.data
    expect((await info(next.accessToken)).status).toBe(200)
    const repeated = (await refresh(refreshToken)).body.data
    expect(repeated.refreshToken).toBe(next.refreshToken)
    expect((await info(repeated.accessToken)).status).toBe(200)
    const after = (await refresh(next.refreshToken)).body.data
    expect((await refresh(refreshToken)).body.code).toBe(40103)
    expect((await refresh(after.refreshToken)).body.code).toBe(40103)
    expect((await refresh('x')).body.code).toBe(40101)
  })

  it('is listed by device, and each can be signed out by its user only', async () => {
    const name = `gina-${randomUUID()}`
    const [phone, tablet] = [await login(name), await login(name)]
    const token = phone.accessToken
    type Session = { id: string; device: string; createdAt: string; current: boolean }
    const sessions = async () =>
      (await call<Session[]>('GET', '/api/auth/sessions', { token })).body.data
    const both = await sessions()
    expect(both.map(({ current }) => current)).toEqual([false, true])
    const path = `/api/auth/sessions/${both[0]?.id}`
    const mallory = (await login('mallory')).accessToken
    expect((await call('DELETE', path, { token: mallory })).body.code).toBe(40401)
    expect(await sessions()).toHaveLength(2)
    expect((await call('DELETE', path, { token })).status).toBe(200)
    expect(await sessions()).toHaveLength(1)
    expect((await call('DELETE', path, { token })).body.code).toBe(40401)
    const { refreshToken } = tablet
    expect((await call('POST', '/api/auth/refresh', { body: { refreshToken } })).body.code).toBe(
      40103,
    )
    expect((await info(token)).status).toBe(200)
  })

  it('ends with logout, within five seconds', async () => {
    const { accessToken } = await login('erin')
    expect((await info(accessToken)).status).toBe(200)
    const started = performance.now()
    await call('POST', '/api/auth/logout', { token: accessToken })
    const gone = await until(
      () => info(accessToken),
      ({ status }) => status === 401,
    )
    expect(gone.body.code).toBe(40103)
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

describe('an access token', () => {
  const forge = async (change: {
    key?: Key
    alg?: string
    typ?: string
    iss?: string
    aud?: string
    exp?: string
    kid?: string
  }) => {
    const { keys } = (await (await send('GET', '/.well-known/jwks.json')).json()) as JSONWebKeySet
    const mine = JSON.parse(inject('env').JWT_KEYS ?? '{}').keys[0]
    const key = change.key ?? (await importJWK(mine, 'EdDSA'))
    return new SignJWT({ role: 'admin', sid: 'x'.repeat(22) })
      .setProtectedHeader({
        alg: change.alg ?? 'EdDSA',
        kid: change.kid ?? keys[0]?.kid ?? '',
        typ: change.typ ?? 'at+jwt',
      })
      .setIssuer(change.iss ?? 'minimall')
      .setAudience(change.aud ?? 'minimall-miniprogram')
      .setSubject('1')
      .setIssuedAt()
      .setExpirationTime(change.exp ?? '5m')
      .sign(key)
  }

  it('verifies with the published keys, which hold no private part', async () => {
    const jwks = (await (await send('GET', '/.well-known/jwks.json')).json()) as JSONWebKeySet
    expect(JSON.stringify(jwks)).not.toContain('"d"')
    const { payload } = await jwtVerify(alice.accessToken, createLocalJWKSet(jwks))
    expect(payload).toMatchObject({
      iss: 'minimall',
      aud: 'minimall-miniprogram',
      sub: alice.user.id,
    })
  })

  it('is refused when it is missing, cut, or forged', async () => {
    const other = await generateKeyPair('EdDSA', { extractable: true })
    const publicAsSecret = new TextEncoder().encode(
      JSON.stringify(await exportJWK(other.publicKey)),
    )
    const none = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${alice.accessToken.split('.')[1]}.`
    const tokens: [name: string, token: string | undefined, code: number][] = [
      ['missing', undefined, 40101],
      ['cut', alice.accessToken.slice(0, -4), 40101],
      ['no signature', none, 40101],
      ['the key of another', await forge({ key: other.privateKey }), 40101],
      ['HS256', await forge({ key: publicAsSecret, alg: 'HS256' }), 40101],
      ['another type', await forge({ typ: 'JWT' }), 40101],
      ['another issuer', await forge({ iss: 'evil' }), 40101],
      ['another audience', await forge({ aud: 'evil' }), 40101],
      ['an unknown key id', await forge({ kid: 'evil' }), 40101],
      ['expired', await forge({ exp: '-1s' }), 40102],
      ['a session that never was', await forge({}), 40103],
      ['a refresh token', alice.refreshToken, 40101],
    ]
    for (const [name, token, code] of tokens) {
      const answer = await info(token)
      expect([answer.status, answer.body.code], name).toEqual([401, code])
    }
  })

  it('of a user opens no admin route', async () => {
    for (const [method, path] of [
      ['POST', '/api/admin/products'],
      ['GET', '/api/admin/skus/1/stock'],
      ['POST', '/api/admin/skus/1/stock'],
      ['POST', '/api/admin/campaigns'],
      ['GET', '/api/admin/campaigns/01KB2Z5GJ9QW8X4V7T3N6M2R1E'],
      ['GET', '/api/admin/queues'],
      ['POST', '/api/admin/queues/stock/redrive'],
    ] as const) {
      const answer = await call(method, path, { token: alice.accessToken })
      expect([answer.status, answer.body.code], path).toEqual([403, 40301])
      expect((await call(method, path)).body.code, path).toBe(40101)
    }
  })
})

describe('the user', () => {
  it.each(['PATCH', 'PUT'])('changes what is named by %s and keeps the rest', async (method) => {
    const { accessToken: token } = await login(`frank-${randomUUID()}`)
    const patch = (body: unknown) => call(method, '/api/user/info', { token, body })
    expect(
      (await patch({ nickname: '小明 🛒', email: 'Frank@Example.com' })).body.data,
    ).toMatchObject({
      nickname: '小明 🛒',
      email: 'frank@example.com',
    })
    await patch({ avatarUrl: 'https://example.com/a.png' })
    expect((await info(token)).body.data).toMatchObject({
      nickname: '小明 🛒',
      avatarUrl: 'https://example.com/a.png',
    })
    await patch({ email: null })
    expect((await info(token)).body.data).not.toHaveProperty('email')
  })

  it('learns each wrong field of a change', async () => {
    const body = { nickname: '', email: 'x', avatarUrl: 'http://example.com', role: 'admin' }
    const answer = await call('PATCH', '/api/user/info', { token: alice.accessToken, body })
    expect(answer.status).toBe(400)
    const fields = (answer.body.details as { field: string }[]).map(({ field }) => field)
    expect(fields.toSorted()).toEqual(['avatarUrl', 'email', 'nickname', 'role'])
    const nothing = await call('PATCH', '/api/user/info', { token: alice.accessToken, body: {} })
    expect(nothing.body.code).toBe(40001)
  })
})

describe('the catalogue', () => {
  it('has categories, products with pictures, and SKUs', async () => {
    const { body } = await call<{ children: { id: string }[] }[]>('GET', '/api/categories')
    expect(body.data).toHaveLength(4)
    const list = await call<{ items: { id: string; image: string }[] }>(
      'GET',
      `/api/products?category=${body.data[0]?.children[0]?.id}`,
    )
    expect(list.body.data.items).toHaveLength(5)
    const picture = await fetch(list.body.data.items[0]?.image ?? '')
    expect(picture.headers.get('content-type')).toBe('image/svg+xml')
    const product = await call<Product>('GET', `/api/products/${list.body.data.items[0]?.id}`)
    expect(product.body.data.skus.length).toBeGreaterThan(0)
    expect((await call('GET', '/api/products/999999999')).body.code).toBe(40401)
  })

  it.each(['newest', 'sales', 'price_asc', 'price_desc'])(
    'pages through all products by %s',
    async (sort) => {
      const seen: { id: string; sales: number; priceFen: number }[] = []
      let cursor: string | null = ''
      while (cursor !== null) {
        const path: string = `/api/products?sort=${sort}&limit=7${cursor === '' ? '' : `&cursor=${cursor}`}`
        const { body } = await call<{ items: typeof seen; nextCursor: string | null }>('GET', path)
        seen.push(...body.data.items)
        cursor = body.data.nextCursor
      }
      const ids = seen.map(({ id }) => Number(id))
      expect(new Set(ids).size).toBe(ids.length)
      expect(ids.length).toBeGreaterThanOrEqual(40)
      const keys = seen.map((item) =>
        sort === 'newest' ? Number(item.id) : sort === 'sales' ? item.sales : item.priceFen,
      )
      const sorted = keys.toSorted((a, b) => (sort === 'price_asc' ? a - b : b - a))
      expect(keys).toEqual(sorted)
    },
  )

  it('refuses cursors of another list, and products of no category', async () => {
    const first = await call<{ nextCursor: string }>('GET', '/api/products?sort=sales&limit=1')
    const other = await call(
      'GET',
      `/api/products?sort=newest&cursor=${first.body.data.nextCursor}`,
    )
    expect(other.body).toMatchObject({ code: 40001, details: [{ field: 'query.cursor' }] })
    const body = { title: 'x', categoryId: '999999', skus: [{ title: 'x', priceFen: 1, stock: 1 }] }
    const product = await call('POST', '/api/admin/products', { token: admin, body })
    expect(product.body).toMatchObject({ code: 40001, details: [{ field: 'categoryId' }] })
  })
})

describe('an answer', () => {
  it('carries the trace id of the request, or one of its own', async () => {
    const given = await call('GET', '/api/health', { headers: { 'x-trace-id': 'my-trace.0001' } })
    expect(given.headers.get('x-trace-id')).toBe('my-trace.0001')
    expect(given.body.traceId).toBe('my-trace.0001')
    const odd = await call('GET', '/api/health', { headers: { 'x-trace-id': 'no spaces please' } })
    expect(odd.body.traceId).not.toBe('no spaces please')
    expect(odd.headers.get('x-trace-id')).toBe(odd.body.traceId)
  })

  it('is compressed above 1 KiB where the client takes it', async () => {
    const packed = await call('GET', '/api/products?limit=40', {
      headers: { 'accept-encoding': 'gzip' },
    })
    expect(packed.headers.get('content-encoding')).toBe('gzip')
    expect(packed.body.code).toBe(0)
    const plain = await call('GET', '/api/products?limit=40', {
      headers: { 'accept-encoding': 'identity' },
    })
    expect(plain.headers.get('content-encoding')).toBeNull()
  })

  it('to an unknown path or method is 40401, and to a large body 41301', async () => {
    expect((await call('GET', '/api/nothing')).body.code).toBe(40401)
    expect((await call('DELETE', '/api/orders')).body.code).toBe(40401)
    const large = await call('POST', '/api/auth/login', { body: { code: 'x'.repeat(256 * 1024) } })
    expect([large.status, large.body.code]).toEqual([413, 41301])
  })
})

describe('operations', () => {
  it('shows health with its checks', async () => {
    const { body } = await call('GET', '/api/health')
    expect(body.data).toMatchObject({
      status: 'ok',
      checks: { database: { ok: true }, redis: { ok: true }, queue: { ok: true } },
    })
  })

  it('says that it is alive, whatever its health', async () => {
    const { status, body } = await call('GET', '/api/health/alive')
    expect([status, body.data]).toEqual([200, { status: 'alive' }])
  })

  it('dead-letters a message that nobody knows, shows it, and moves it back', async () => {
    const env = inject('env')
    const { SQSClient, SendMessageCommand } = await import('@aws-sdk/client-sqs')
    const { AWS_CLIENT } = await import('../../local/aws/sqs.ts')
    const sqs = new SQSClient({ ...AWS_CLIENT, endpoint: inject('endpoints').sqs ?? '' })
    const message = {
      type: 'nobody.knows',
      version: 1,
      id: 'x',
      traceId: 'trace-dead-1',
      occurredAt: '',
      data: {},
    }
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: `${env.QUEUE_URL_PREFIX}email`,
        MessageBody: JSON.stringify(message),
      }),
    )
    type Status = { name: string; visible: number; deadLetters: number }
    const email = async () => {
      const { body } = await call<Status[]>('GET', '/api/admin/queues', { token: admin })
      return body.data.find(({ name }) => name === 'email')
    }
    await until(email, (status) => status?.deadLetters === 1)
    const redrive = await call('POST', '/api/admin/queues/email/redrive', { token: admin })
    expect(redrive.body.data).toEqual({ moved: 1 })
    // Nothing was mended, so it comes back.
    await until(email, (status) => status?.deadLetters === 1)
    const unknown = await call('POST', '/api/admin/queues/nothing/redrive', { token: admin })
    expect(unknown.body.code).toBe(40401)
  })

  it('sends a campaign to each address once, as it was written', async () => {
    const mark = randomUUID().slice(0, 8)
    const emails = Array.from({ length: 120 }, (_, index) => `reader-${index}-${mark}@example.com`)
    const created = await call<{ id: string }>('POST', '/api/admin/campaigns', {
      token: admin,
      body: {
        subject: `特价 ${mark} {{name}}`,
        html: '<p>{{price}} & 八折</p>',
        audience: { emails: [...emails, emails[0]] },
      },
    })
    expect(created.status).toBe(202)
    const view = () =>
      call<{ state: string; total: number; sent: number; failed: number }>(
        'GET',
        `/api/admin/campaigns/${created.body.data.id}`,
        { token: admin },
      )
    const done = await until(view, ({ body }) => body.data.state === 'done')
    expect(done.body.data).toMatchObject({ total: 120, sent: 120, failed: 0 })
    const inbox = (await (await fetch(`${inject('endpoints').ses}/store`)).json()) as {
      emails: { subject: string; destination: { to: string[] }; body: { html: string } }[]
    }
    const mails = inbox.emails.filter(({ subject }) => subject === `特价 ${mark} {{name}}`)
    expect(mails.flatMap(({ destination }) => destination.to).toSorted()).toEqual(emails.toSorted())
    expect(mails[0]?.body.html).toBe('<p>{{price}} & 八折</p>')
  })

  it('knows no campaign that was never made', async () => {
    const path = '/api/admin/campaigns/01KB2Z5GJ9QW8X4V7T3N6M2R1C'
    expect((await call('GET', path, { token: admin })).body.code).toBe(40401)
  })

  it('refuses a campaign without an audience, or with two', async () => {
    for (const audience of [
      {},
      { emails: ['a@example.com'], all: true },
      { emails: ['nonsense'] },
    ]) {
      const body = { subject: 'x', html: 'x', audience }
      const answer = await call('POST', '/api/admin/campaigns', { token: admin, body })
      expect(answer.body.code, JSON.stringify(audience)).toBe(40001)
    }
    expect(await newSku(admin, 0)).toMatch(/^\d+$/)
  })
})
