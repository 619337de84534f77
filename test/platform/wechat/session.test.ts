import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import { describeError } from '../../../shared/platform/telemetry/log.ts'
import { withScope } from '../../../shared/platform/telemetry/scope.ts'
import { openidOfCode, WeChatRefusedCode } from '../../../shared/platform/wechat/session.ts'

const SECRET = 'wechat-app-secret'
let asked: URL | undefined
let answer: RequestListener
const server = createServer((request, response) => {
  asked = new URL(request.url ?? '', 'http://wechat')
  answer(request, response)
})
/** WeChat answers errors with status 200, and calls its JSON plain text. */
const says =
  (body: unknown, status = 200): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'text/plain' }).end(JSON.stringify(body))
  }
const failureOf = (code: string) => openidOfCode(code).catch((error: unknown) => error)

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  Object.assign(process.env, {
    WECHAT_API_URL: `http://127.0.0.1:${port}`,
    WECHAT_APP_SECRET: SECRET,
  })
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

describe('a login code', () => {
  it('is traded for the openid, and the session_key goes no further', async () => {
    answer = says({ openid: 'o-1', session_key: 'key', unionid: 'u-1' })
    expect(await openidOfCode('a code&+')).toBe('o-1')
    expect(asked?.pathname).toBe('/sns/jscode2session')
    expect(Object.fromEntries(asked?.searchParams ?? [])).toEqual({
      appid: 'wx0123456789abcdef',
      secret: SECRET,
      js_code: 'a code&+',
      grant_type: 'authorization_code',
    })
  })

  it.each([
    ['is not valid', 40029],
    ['was used before', 40163],
    ['is of a blocked user', 40226],
  ])('that %s is 40104', async (_, errcode) => {
    answer = says({ errcode, errmsg: 'x' })
    const error = await failureOf('x')
    expect(error).toBeInstanceOf(WeChatRefusedCode)
    expect(error).toMatchObject({ code: 40104, status: 401 })
  })

  it.each<[string, RequestListener]>([
    ['is busy', says({ errcode: -1 })],
    ['is called too often', says({ errcode: 45011 })],
    ['does not know our secret', says({ errcode: 40125 })],
    ['fails', says({}, 502)],
    ['names nobody', says({ session_key: 'key' })],
    ['answers no JSON', (_, response) => response.end('<html>')],
    ['hangs up', (_, response) => response.destroy()],
  ])(
    'cannot be traded when WeChat %s: 50301, and the secret is in no error',
    async (_, listener) => {
      answer = listener
      const error = await failureOf('x')
      expect(error).toBeInstanceOf(Unavailable)
      expect(describeError(error)).toContain('jscode2session')
      const chain: unknown[] = []
      for (let at: unknown = error; at instanceof Error; at = at.cause)
        chain.push(at.message, at.stack)
      expect(chain.join()).not.toContain(SECRET)
    },
  )

  it('is given up by the deadline when WeChat does not answer', async () => {
    answer = () => {}
    const scope = {
      traceId: 'trace-wechat',
      functionName: 'test',
      coldStart: false,
      deadline: AbortSignal.timeout(50),
    }
    const error = await withScope(scope, () => failureOf('x'))
    expect(error).toBeInstanceOf(Unavailable)
  })
})
