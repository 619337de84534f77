import fc from 'fast-check'
import { expect, it } from 'vitest'
import { catalogue } from '../../chaos/faults/catalogue.ts'
import { scheduleOf } from '../../chaos/faults/schedule.ts'
import { planOf } from '../../chaos/population/plan.ts'
import { randomOf } from '../../chaos/random.ts'
import { plansOf } from '../../chaos/run.ts'

const plansAsText = (seed: number) => {
  const { plan, schedule } = plansOf({ seed, orders: 200, seconds: 90 })
  return JSON.stringify({ plan, schedule })
}

it('makes the same plans of the same seed, and others of another', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      expect(plansAsText(seed)).toBe(plansAsText(seed))
      expect(plansAsText(seed)).not.toBe(plansAsText(seed + 1))
    }),
    { numRuns: 20 },
  )
})

it('draws evenly, and from streams that do not disturb each other', () => {
  const random = randomOf(7)
  const draws = Array.from({ length: 10_000 }, () => random.whole(0, 9))
  for (let digit = 0; digit < 10; digit++) {
    const count = draws.filter((one) => one === digit).length
    expect(count).toBeGreaterThan(850)
    expect(count).toBeLessThan(1150)
  }
  const one = randomOf(7).fork('a')
  const other = randomOf(7)
  other.fork('b').next()
  expect(other.fork('a').next()).toBe(one.next())
  expect(new Set(random.shuffled([1, 2, 3, 4]))).toEqual(new Set([1, 2, 3, 4]))
})

it('plays one fault at a time, within the time that there is, with calm where it is asked for', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 20, max: 600 }), (seed, seconds) => {
      const schedule = scheduleOf(randomOf(seed), seconds)
      expect(schedule.length).toBeGreaterThanOrEqual(6)
      let free = 0
      for (const { at, for: lasts, fault } of schedule) {
        expect(lasts).toBeGreaterThan(0)
        expect(at).toBeGreaterThanOrEqual(free + (fault.calmSeconds ?? 0) - 0.011)
        free = at + lasts
      }
      expect(free).toBeLessThanOrEqual(seconds)
    }),
  )
})

it('has every engine killed in each run, and Redis gone for a minute in a long one', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const names = (seconds: number) =>
        scheduleOf(randomOf(seed), seconds).map(({ fault }) => fault.name)
      expect(names(24)).toEqual(
        expect.arrayContaining(['database primary killed', 'Redis killed', 'functions killed']),
      )
      const gone = scheduleOf(randomOf(seed), 240).find(({ fault }) => fault.name === 'Redis gone')
      expect(gone?.for).toBe(60)
    }),
    { numRuns: 20 },
  )
})

it('breaks every link in every way it can be broken', () => {
  const names = catalogue(randomOf(1)).map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(names.filter((name) => name.startsWith('link '))).toHaveLength(8 * 5 + 3 * 4)
})

it('plans as many orders as it is asked for, each with a key of its own', () => {
  const { visits, skus } = planOf(randomOf(3), { seed: 3, orders: 500, seconds: 60 })
  expect(new Set(visits.map(({ key }) => key)).size).toBe(500)
  expect(visits.every(({ at }) => at >= 0 && at <= 60_000)).toBe(true)
  // Some of it must run out, or nothing would ever be refused.
  const wanted = (sku: number) =>
    visits.filter((visit) => visit.sku === sku).reduce((sum, { quantity }) => sum + quantity, 0)
  expect(skus.map(({ units }, at) => units < wanted(at))).toContain(true)
})
