import fc from 'fast-check'
import { expect, it } from 'vitest'
import { drawEarliness, jittered } from '../../../shared/platform/cache/early.ts'

it('is early by an exponential distribution with mean 1', () => {
  // Its quantiles, at 1,000 places: the mean of them is that of the distribution.
  const draws = Array.from({ length: 1000 }, (_, i) => drawEarliness(() => (i + 0.5) / 1000))
  const mean = draws.reduce((sum, draw) => sum + draw) / draws.length
  expect(mean).toBeCloseTo(1, 2)
  expect(drawEarliness(() => 0)).toBe(-0)
  expect(drawEarliness(() => 0.5)).toBeCloseTo(Math.LN2)
  expect(drawEarliness(() => 1 - Number.EPSILON)).toBeLessThan(40)
})

it('takes off up to a tenth', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 1 }),
      (draw, seconds) => {
        const given = jittered(seconds, () => draw)
        expect(given).toBeLessThanOrEqual(seconds)
        expect(given).toBeGreaterThanOrEqual(seconds * 0.9)
      },
    ),
  )
})
