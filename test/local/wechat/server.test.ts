import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startWechat, type WeChat } from '../../../local/wechat/server.ts'
import { standInFolders } from './folders.ts'

let dir: string
let wechat: WeChat

const newFolder = standInFolders()

beforeEach(async () => {
  dir = newFolder()
  wechat = await startWechat({ dir })
})

afterEach(() => wechat.stop())

type Reply = Record<string, unknown>

async function session(code: string, over: Record<string, string> = {}): Promise<Reply> {
  const query = new URLSearchParams({
    appid: wechat.appId,
    secret: wechat.appSecret,
    js_code: code,
    grant_type: 'authorization_code',
    ...over,
  })
  const response = await fetch(`${wechat.url}/sns/jscode2session?${query}`)
  return (await response.json()) as Reply
}

const post = (path: string, body: unknown) =>
  fetch(`${wechat.url}${path}`, { method: 'POST', body: JSON.stringify(body) })

async function token(over: Record<string, unknown> = {}): Promise<Reply> {
  const { appId: appid, appSecret: secret } = wechat
  const body = { grant_type: 'client_credential', appid, secret, ...over }
  return (await (await post('/cgi-bin/stable_token', body)).json()) as Reply
}

const setFault = (fault: Record<string, unknown>) => post('/mock/faults', fault)

describe('login codes', () => {
  test('one name is one openid, of the form of real ones, with a new session key each time', async () => {
    const first = await session('mock:小明:1')
    const second = await session('mock:小明:2')
    expect(first.openid).toMatch(/^o[\w-]{27}$/)
    expect(second.openid).toBe(first.openid)
    expect((await session('mock:小红:1')).openid).not.toBe(first.openid)
    expect(Buffer.from(first.session_key as string, 'base64')).toHaveLength(16)
    expect(second.session_key).not.toBe(first.session_key)
  })

  test('the admin has the openid that the stack makes an admin', async () => {
    expect((await session('mock:admin:1')).openid).toBe(wechat.openidOf('admin'))
  })

  test('each works once, also when asked twenty times at once', async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, () => session('mock:a:1')))
    expect(replies.filter(({ openid }) => openid !== undefined)).toHaveLength(1)
    expect(replies.filter(({ errcode }) => errcode === 40163)).toHaveLength(19)
  })

  test.each(['', 'nobody', 'mock:', 'mock:a', 'mock::1', 'mock:a:', 'Mock:a:1', 'mock:a\nb:1'])(
    'any other code is refused: %j',
    async (code) => {
      expect(await session(code)).toMatchObject({ errcode: 40029 })
    },
  )

  test.each([
    [{ appid: 'wx0000000000000000' }, 40013],
    [{ secret: 'wrong' }, 40125],
    [{ grant_type: 'client_credential' }, 40002],
  ])('%j answers %i and leaves the code usable', async (over, errcode) => {
    expect(await session('mock:a:1', over)).toMatchObject({ errcode })
    expect(await session('mock:a:1')).toHaveProperty('openid')
  })

  test('errors come with status 200, and JSON as plain text', async () => {
    const response = await fetch(`${wechat.url}/sns/jscode2session`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toContain('text/plain')
    expect(await response.json()).toEqual({ errcode: 40013, errmsg: 'invalid appid' })
  })
})

test('a restart keeps the app, its secret and the used codes', async () => {
  const { appId, appSecret } = wechat
  await session('mock:a:1')
  await wechat.stop()
  wechat = await startWechat({ dir })
  expect({ appId: wechat.appId, appSecret: wechat.appSecret }).toEqual({ appId, appSecret })
  expect(await session('mock:a:1')).toMatchObject({ errcode: 40163 })
  expect(await session('mock:a:2')).toHaveProperty('openid')
})

test('the secret can be read by its owner only', () => {
  expect(statSync(join(dir, 'app-secret')).mode & 0o077).toBe(0)
})

test('the stable token stays the same until a new one is forced', async () => {
  const first = await token()
  expect(first.access_token).toEqual(expect.any(String))
  expect(first.expires_in).toBeGreaterThan(7190)
  expect((await token()).access_token).toBe(first.access_token)
  const forced = await token({ force_refresh: true })
  expect(forced.access_token).not.toBe(first.access_token)
  expect((await token()).access_token).toBe(forced.access_token)
  expect(await token({ secret: 'wrong' })).toMatchObject({ errcode: 40125 })
  expect(await token({ appid: 'wrong' })).toMatchObject({ errcode: 40013 })
  expect(await token({ grant_type: 'authorization_code' })).toMatchObject({ errcode: 40002 })
})

test('two stand-ins share neither app nor token', async () => {
  const first = wechat
  const { access_token } = await token()
  wechat = await startWechat({ dir: newFolder() })
  try {
    expect(wechat.appId).not.toBe(first.appId)
    expect((await token()).access_token).not.toBe(access_token)
  } finally {
    await wechat.stop()
    wechat = first
  }
})

test('a body that is no JSON is called so', async () => {
  const response = await fetch(`${wechat.url}/cgi-bin/stable_token`, { method: 'POST', body: '{' })
  expect(await response.json()).toMatchObject({ errcode: 47001 })
})

describe('faults', () => {
  test('an error code hits its path only, spends no code, and goes with {}', async () => {
    await setFault({ path: '/sns/jscode2session', errcode: -1 })
    expect(await session('mock:a:1')).toMatchObject({ errcode: -1 })
    expect(await token()).toHaveProperty('access_token')
    await setFault({})
    expect(await session('mock:a:1')).toHaveProperty('openid')
  })

  test('an error rate of one breaks every call', async () => {
    await setFault({ errorRate: 1 })
    expect((await fetch(`${wechat.url}/sns/jscode2session`)).status).toBe(500)
  })

  test('latency holds the answer back', async () => {
    await setFault({ latencyMs: 80 })
    const started = performance.now()
    await session('mock:a:1')
    expect(performance.now() - started).toBeGreaterThanOrEqual(79)
  })
})

test('calls are listed, without the secret, codes or session keys', async () => {
  await session('mock:a:nonce-1')
  const text = await (await fetch(`${wechat.url}/mock/calls`)).text()
  expect(JSON.parse(text)).toMatchObject({
    calls: [{ method: 'GET', path: '/sns/jscode2session' }],
  })
  expect(text).not.toContain(wechat.appSecret)
  expect(text).not.toContain('nonce-1')
})
