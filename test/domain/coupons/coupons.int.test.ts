import { describe, expect, it } from 'vitest'
import { couponRules, coupons } from '../../../shared/domain/coupons/index.ts'

describe('the rules that orders see', () => {
  it('change with the coupon, at once, and are kept without what changes with each claim', async () => {
    const { id } = await coupons().create(
      {
        name: '原名',
        kind: 'percent',
        percentOff: 10,
        thresholdFen: 0,
        validFrom: '2026-01-01T00:00:00.000Z',
        validUntil: '2036-01-01T00:00:00.000Z',
        perUser: 1,
      },
      '1',
    )
    const rules = async () => (await couponRules([id, '999999999'])).get(id)
    const expected = {
      id,
      name: '原名',
      kind: 'percent',
      percentOff: 10,
      thresholdFen: 0,
      validFrom: '2026-01-01T00:00:00.000Z',
      validUntil: '2036-01-01T00:00:00.000Z',
    }
    // From the database, then from the cache: the same.
    expect(await rules()).toEqual(expected)
    expect(await rules()).toEqual(expected)
    const change = { name: '改过的', validUntil: '2030-01-01T00:00:00.000Z' }
    await coupons().change(id, change, '1')
    expect(await rules()).toEqual({
      ...expected,
      name: '改过的',
      validUntil: '2030-01-01T00:00:00.000Z',
    })
  })
})
