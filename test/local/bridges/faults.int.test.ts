import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import { startPlanetscaleBridge } from '../../../local/bridges/planetscale.ts'
import type { Bridge } from '../../../local/bridges/server.ts'
import { startUpstashBridge } from '../../../local/bridges/upstash.ts'

type Case = { bridge: Bridge; authorization: string; path: string; body: unknown }
const cases: Record<string, Case> = {}

beforeAll(async () => {
  const { mysqlUrl = '', redisUrl = '' } = inject('endpoints')
  cases.PlanetScale = {
    bridge: await startPlanetscaleBridge({ mysqlUrl, username: 'me', password: 'secret' }),
    authorization: `Basic ${btoa('me:secret')}`,
    path: '/psdb.v1alpha1.Database/Execute',
    body: { query: 'SELECT 1', session: null },
  }
  cases.Upstash = {
    bridge: await startUpstashBridge({ redisUrl, token: 'secret' }),
    authorization: 'Bearer secret',
    path: '/',
    body: ['PING'],
  }
})
afterEach(() => {
  for (const { bridge } of Object.values(cases)) bridge.faults.clear()
})
afterAll(async () => {
  for (const { bridge } of Object.values(cases)) {
    await bridge.stop()
    // Stopping twice is no mistake.
    await bridge.stop()
  }
})

describe.each(['PlanetScale', 'Upstash'])('the %s bridge', (name) => {
  const post = (path: string, body: unknown, init: RequestInit = {}) => {
    const { bridge, authorization } = cases[name] as Case
    const url = new URL(path, `http://${new URL(bridge.url).host}`)
    return fetch(url, {
      method: 'POST',
      headers: { authorization },
      body: JSON.stringify(body),
      ...init,
    })
  }
  const call = (init?: RequestInit) => {
    const { path, body } = cases[name] as Case
    return post(path, body, init)
  }

  it('lets nobody in without the right credentials, nor to its faults', async () => {
    for (const authorization of ['', 'Bearer secrex', `Basic ${btoa('me:secrex')}`]) {
      const headers = { authorization }
      expect((await call({ headers })).status).toBe(401)
      expect((await post('/__faults', { errorRate: 1 }, { headers })).status).toBe(401)
    }
    expect((await call()).status).toBe(200)
  })

  it('takes faults from another process, and gives them up again', async () => {
    expect((await post('/__faults', { errorRate: 1 })).status).toBe(200)
    expect((await call()).status).toBe(503)
    expect((await post('/__faults', {})).status).toBe(200)
    expect((await call()).status).toBe(200)
  })

  it('says what is wrong with a fault, and keeps what was set', async () => {
    await post('/__faults', { errorRate: 1 })
    const wrong = await post('/__faults', { errorRate: 2, speed: 'slow' })
    expect(wrong.status).toBe(400)
    expect(await wrong.text()).toMatch(/errorRate.*speed|speed.*errorRate/)
    expect((await post('/__faults', undefined)).status).toBe(400)
    expect((await call()).status).toBe(503)
  })

  it('can be slow, silent, or gone before the answer', async () => {
    const { bridge } = cases[name] as Case
    bridge.faults.set({ latencyMs: 60 })
    const started = performance.now()
    await call()
    expect(performance.now() - started).toBeGreaterThanOrEqual(55)
    bridge.faults.set({ hangRate: 1 })
    const silent = call({ signal: AbortSignal.timeout(100) })
    await expect(silent).rejects.toThrow(/timeout/)
    bridge.faults.set({ dropAfterCommitRate: 1 })
    await expect(call()).rejects.toThrow('fetch failed')
  })

  it('answers nonsense with 4xx and what to send', async () => {
    for (const body of ['', '{', '[]', '{}', '{"query":1}', 'null', '[1,{}]']) {
      const response = await call({ body })
      expect([response.status, body]).toEqual([400, body])
      expect(await response.json()).toHaveProperty('error')
    }
  })
})
