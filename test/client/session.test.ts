import { describe, expect, it } from 'vitest'
import { ApiError, codes, NetworkError } from '../../client/src/index.ts'
import { down, ok, refusal, shopOver } from './shop.ts'
import type { Answered, Sent } from './wx.ts'

const USER = { id: '1', nickname: '小明', role: 'user' }
const grant = (n: number) =>
  ok({ accessToken: `access-${n}`, refreshToken: `refresh-${n}`, expiresIn: 900, user: USER })
const INFO = 'GET /api/user/info'

/** A shop that takes `access-N` for the N in `good`, and gives out the next one. */
function tokenShop(over: { refresh?: (sent: Sent) => Answered; stale?: number } = {}) {
  const state = { good: 1, stale: over.stale ?? codes.tokenExpired }
  const network = async (sent: Sent): Promise<Answered> => {
    // As on a real network, others are on their way meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 2))
    if (sent.url.endsWith('/api/auth/login')) return grant(++state.good)
    if (sent.url.endsWith('/api/auth/refresh')) return over.refresh?.(sent) ?? grant(++state.good)
    if (sent.headers.Authorization === undefined) return refusal(codes.notSignedIn)
    if (sent.headers.Authorization !== `Bearer access-${state.good}`) return refusal(state.stale)
    return ok(USER)
  }
  return { state, network }
}
const to = (sent: Sent[], path: string) => sent.filter(({ url }) => url.endsWith(path))

describe('a session', () => {
  it.each([
    ['expired', codes.tokenExpired],
    ['not valid any more', codes.notSignedIn],
  ])('is renewed once for many waiting calls when the token is %s', async (_, stale) => {
    const { network } = tokenShop({ stale })
    const { client, remember, remembered, sent } = shopOver(network)
    remember('access-0', 'refresh-0')
    const shop = client()
    const users = await Promise.all(Array.from({ length: 20 }, () => shop.request(INFO)))
    expect(users).toEqual(Array(20).fill(USER))
    const refreshes = to(sent, '/api/auth/refresh')
    expect(refreshes.map(({ body }) => body)).toEqual([{ refreshToken: 'refresh-0' }])
    expect(remembered()).toEqual({ accessToken: 'access-2', refreshToken: 'refresh-2' })
    // Also a call that set out with the old token and was refused late does not renew again.
    expect(to(sent, '/api/user/info')).toHaveLength(40)
  })

  it('is not renewed again by a call that is refused late', async () => {
    let answerLate = () => {}
    const late = new Promise<void>((resolve) => {
      answerLate = resolve
    })
    const { network } = tokenShop()
    const { client, remember, sent } = shopOver(async (request) => {
      const answer = await network(request)
      if (request.url.includes('/api/orders') && request.headers.Authorization?.endsWith('-0'))
        await late
      return answer
    })
    remember('access-0', 'refresh-0')
    const shop = client()
    const slow = shop.request('GET /api/orders')
    await shop.request(INFO)
    answerLate()
    await slow
    expect(to(sent, '/api/auth/refresh')).toHaveLength(1)
  })

  it('is over when the refresh is refused: the tokens go, and every waiting call hears it', async () => {
    const { network } = tokenShop({ refresh: () => refusal(codes.sessionEnded) })
    const { client, remember, remembered, sent } = shopOver(network)
    remember('access-0', 'refresh-0')
    const shop = client()
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => shop.request(INFO)))
    for (const result of results)
      expect(result).toMatchObject({ status: 'rejected', reason: { code: codes.sessionEnded } })
    expect(to(sent, '/api/auth/refresh')).toHaveLength(1)
    expect([remembered(), shop.isSignedIn()]).toEqual([null, false])
  })

  it('keeps its tokens when the refresh only did not get through', async () => {
    const { network } = tokenShop()
    const { client, remember, remembered, sent } = shopOver((request) =>
      request.url.endsWith('/refresh') ? down() : network(request),
    )
    remember('access-0', 'refresh-0')
    await expect(client().request(INFO)).rejects.toBeInstanceOf(NetworkError)
    expect(remembered()).toEqual({ accessToken: 'access-0', refreshToken: 'refresh-0' })
    // The shop gives a lost refresh its answer again.
    const tokens = to(sent, '/refresh').map(({ body }) => body)
    expect(tokens).toEqual(Array(4).fill({ refreshToken: 'refresh-0' }))
  })

  it('begins anew through wx.login, once for all, when it has ended', async () => {
    const { network } = tokenShop({ stale: codes.sessionEnded })
    const { client, remember, remembered, sent } = shopOver(network, { signsIn: true })
    remember('access-0', 'refresh-0')
    const shop = client()
    await Promise.all(Array.from({ length: 10 }, () => shop.request(INFO)))
    expect(to(sent, '/login').map(({ body }) => body)).toEqual([{ code: 'code-1' }])
    expect(to(sent, '/refresh')).toHaveLength(0)
    expect(remembered()).toEqual({ accessToken: 'access-2', refreshToken: 'refresh-2' })
  })

  it('begins through wx.login where there is none, and only where a route needs it', async () => {
    const { network } = tokenShop()
    const { client, sent } = shopOver(network, { signsIn: true })
    const shop = client()
    await shop.request('GET /api/home').catch(() => {})
    expect(to(sent, '/login')).toHaveLength(0)
    await Promise.all([shop.request(INFO), shop.request(INFO), shop.login()])
    expect(to(sent, '/login')).toHaveLength(1)
  })

  it('does not go on for ever when every token is refused', async () => {
    const { client, remember, sent } = shopOver(
      ({ url }) => (url.includes('/auth/') ? grant(1) : refusal(codes.tokenExpired)),
      { signsIn: true },
    )
    remember('access-0', 'refresh-0')
    await expect(client().request(INFO)).rejects.toMatchObject({ code: codes.tokenExpired })
    expect(sent.length).toBeLessThan(8)
  })

  it('tries to sign in with a new code each time', async () => {
    const answers = [down, () => refusal(codes.unavailable), () => grant(1)]
    const { client, sent } = shopOver(() => answers.shift()?.() ?? down(), { signsIn: true })
    expect(await client().login()).toEqual(USER)
    expect(sent.map(({ body }) => body)).toEqual(
      ['code-1', 'code-2', 'code-3'].map((code) => ({ code })),
    )
  })

  it('says that wx.login found no network', async () => {
    const { client, wx, sent } = shopOver(() => grant(1), { signsIn: true })
    wx.login = ((options: WechatMiniprogram.LoginOption) =>
      options.fail?.({ errMsg: 'login:fail', errno: 5 })) as typeof wx.login
    await expect(client().login()).rejects.toBeInstanceOf(NetworkError)
    expect(sent).toEqual([])
  })

  it('ends with logout, here as well as there, and does not come back by itself', async () => {
    const { network } = tokenShop()
    const { client, remembered, sent } = shopOver(network, { signsIn: true })
    const shop = client()
    await shop.login()
    await shop.logout()
    expect([remembered(), shop.isSignedIn()]).toEqual([null, false])
    expect(to(sent, '/logout')).toHaveLength(1)
    await expect(shop.request(INFO)).rejects.toMatchObject({ code: codes.notSignedIn })
    await shop.login()
    expect(await shop.request(INFO)).toEqual(USER)
  })

  it.each(['/refresh', '/info'])(
    'is not brought back by a %s that comes home after the logout',
    async (path) => {
      let answer = () => {}
      const held = new Promise<void>((resolve) => {
        answer = resolve
      })
      let arrived = () => {}
      const underWay = new Promise<void>((resolve) => {
        arrived = resolve
      })
      const { network } = tokenShop()
      const { client, remember, remembered } = shopOver(async (request) => {
        if (request.url.endsWith(path)) {
          arrived()
          await held
        }
        return request.url.endsWith('/logout') ? down() : network(request)
      })
      remember('access-0', 'refresh-0')
      const shop = client()
      const call = shop.request(INFO)
      await underWay
      await shop.logout()
      answer()
      await expect(call).rejects.toBeInstanceOf(ApiError)
      expect(remembered()).toBe(null)
    },
  )

  it('that has ended elsewhere is not begun anew to be ended', async () => {
    const { network } = tokenShop({ stale: codes.sessionEnded })
    const { client, remember, remembered, sent } = shopOver(network, { signsIn: true })
    remember('access-0', 'refresh-0')
    await client().logout()
    expect([to(sent, '/login').length, remembered()]).toEqual([0, null])
  })

  it('survives a storage that is full or holds nonsense', async () => {
    const { network } = tokenShop()
    const { client, wx, remembered } = shopOver(network, { signsIn: true })
    wx.setStorageSync('minimall.tokens', { accessToken: 7 })
    wx.setStorageSync = () => {
      throw new Error('setStorageSync:fail exceed max size')
    }
    const shop = client()
    expect(await shop.request(INFO)).toEqual(USER)
    expect(await shop.request(INFO)).toEqual(USER)
    expect(remembered()).toEqual({ accessToken: 7 })
  })
})
