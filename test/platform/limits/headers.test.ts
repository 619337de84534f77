import { describe, expect, it } from 'vitest'
import {
  addressGroup,
  policyOf,
  retryAfterOf,
  standingsOf,
} from '../../../shared/platform/limits/headers.ts'
import { multiplied, termsOf } from '../../../shared/platform/limits/limit.ts'
import { Purse } from '../../../shared/platform/limits/purse.ts'

const limit = {
  name: 'x',
  shop: { perSecond: 2_000, burst: 2_000 },
  user: { perSecond: 30, burst: 100 },
  withoutRedis: 'open' as const,
}

describe('the headers', () => {
  it('tell the policy of each scope: requests at once, and the seconds in which they come back', () => {
    expect(policyOf(limit)).toBe('"shop";q=2000;w=1, "user";q=100;w=4')
    expect(policyOf(multiplied(limit, 10))).toBe('"shop";q=20000;w=1, "user";q=1000;w=4')
  })

  it('tell what is left, and when there is more', () => {
    const purses = (['shop', 'user'] as const).map((scope) => {
      const purse = new Purse(scope, termsOf(scope, limit[scope]))
      const asked = purse.question(0, 1)
      const of = scope === 'shop' ? [4, 0, 5_000] : [0, 2_000_001, 9_000_000]
      const [granted = 0, waitMicros = 0, usedMicros = 0] = of
      purse.answered(asked, { granted, waitMicros, usedMicros }, 0, 0)
      return purse
    })
    expect(standingsOf(purses, 0)).toBe('"shop";r=1994;t=1, "user";r=0;t=3')
  })

  it('never ask to come back at once', () => {
    expect([0.2, 999, 1_000, 1_001].map(retryAfterOf)).toEqual([1, 1, 1, 2])
  })
})

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:DB8:1:2::', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
])('of the address %s, %s is counted', (address, group) => {
  expect(addressGroup(address)).toBe(group)
})
