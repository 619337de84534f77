import { describe, expect, it } from 'vitest'
import { readRoutes } from '../../local/docs/routes.ts'
import { limits } from '../../shared/domain/limits.ts'
import { SCOPES, termsOf } from '../../shared/platform/limits/limit.ts'

/**
 * Routes that need no limit: answers that are made once and ask nobody; health, by which the copies of the
 * shop are judged; and WeChat's notices, of which none may be lost.
 */
const UNLIMITED = [
  'auth/jwks',
  'not-found',
  'ops/alive',
  'ops/docs',
  'ops/health',
  'ops/openapi',
  'payments/notify',
  'payments/refund-notify',
]

const routes = await readRoutes()

describe('the table of limits', () => {
  it('has one for every route, but for those that need none', () => {
    const unlimited = routes.filter(({ definition }) => definition.limit === undefined)
    expect(unlimited.map(({ name }) => name).toSorted()).toEqual(UNLIMITED)
  })

  it('has none that no route has', () => {
    const used = new Set(routes.map(({ definition }) => definition.limit?.name))
    expect(Object.keys(limits).filter((name) => !used.has(name))).toEqual([])
    for (const [name, limit] of Object.entries(limits)) expect(limit.name).toBe(name)
  })

  it('limits users where there are some', () => {
    for (const { name, definition } of routes) {
      const { auth, limit } = definition
      if (limit !== undefined) expect(limit.user !== undefined, name).toBe(auth !== 'public')
    }
  })

  it('takes 2,000 orders a second', () => {
    expect(limits.createOrder.shop?.perSecond).toBe(2_000)
  })

  it('never takes less from an address than the contract says: thousands may be behind one', () => {
    for (const { name, address } of Object.values(limits)) {
      const floor = name === 'login' ? 20 : 100
      expect(address?.perSecond, name).toBeGreaterThanOrEqual(floor)
      expect(address?.burst, name).toBeGreaterThanOrEqual(floor)
    }
  })

  it('can be written as a policy: a burst is a whole number of seconds, and no less than one', () => {
    for (const limit of Object.values(limits)) {
      for (const scope of SCOPES) {
        const rate = limit[scope]
        if (rate === undefined) continue
        const { burst, perSecond, batch } = { ...rate, ...termsOf(scope, rate) }
        expect(burst % perSecond, `${limit.name} ${scope}`).toBe(0)
        expect(burst, `${limit.name} ${scope}`).toBeGreaterThanOrEqual(batch)
      }
    }
  })

  it('gives no credit where mass work is refused without Redis', () => {
    const closed = Object.values(limits).filter(({ withoutRedis }) => withoutRedis === 'closed')
    expect(closed.map(({ name }) => name)).toEqual(['adminMass'])
    for (const { user } of closed) expect(user && termsOf('user', user).credit).toBe(0)
  })
})
