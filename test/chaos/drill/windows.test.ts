import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { missing } from '../../../chaos/drill/books.ts'
import { dnsFigures, dnsSeconds } from '../../../chaos/drill/dns.ts'
import { picture } from '../../../chaos/drill/report.ts'
import {
  type Call,
  isWell,
  secondsToReturn,
  secondsToWell,
  windowsOf,
} from '../../../chaos/drill/windows.ts'

const call = (at: number, over: Partial<Call> = {}): Call => ({
  ...{ route: 'home', at, millis: 20, ok: true, tries: 1, region: 'home' },
  ...over,
})
const window = (good: number, calls = 100, preferred = 0) => ({ calls, good, preferred })

describe('calls by the second', () => {
  it('count where they were begun if they were answered in time, and else for as long as they took', () => {
    const calls = [
      call(999),
      call(1_000),
      call(1_500, { ok: false, millis: 600 }),
      call(1_999, { millis: 2_001, region: 'away' }),
      call(2_000, { millis: 2_000, region: 'away' }),
      call(500, { ok: false, millis: 600 }),
      call(5_100),
    ]
    expect(windowsOf(calls, { from: 1_000, to: 5_999, preferred: 'home' })).toEqual([
      { calls: 4, good: 1, preferred: 3 },
      { calls: 3, good: 1, preferred: 1 },
      { calls: 1, good: 0, preferred: 0 },
      { calls: 1, good: 0, preferred: 0 },
    ])
  })

  it('are in one window each, where they are good, within the whole seconds', () => {
    const property = fc.property(fc.array(fc.nat(9_999)), fc.nat(9_999), (times, to) => {
      const windows = windowsOf(
        times.map((at) => call(at)),
        { from: 0, to, preferred: 'home' },
      )
      const within = times.filter((at) => at < Math.floor(to / 1_000) * 1_000)
      expect(windows.reduce((sum, { calls }) => sum + calls, 0)).toBe(within.length)
    })
    fc.assert(property)
  })
})

describe('success is back', () => {
  it('after the last second of 99 % or less, and not where that is the last of all', () => {
    expect(secondsToWell([window(100), window(100)])).toBe(0)
    expect(secondsToWell([window(10), window(100), window(98), window(100)])).toBe(3)
    expect(secondsToWell([window(100), window(99)])).toBeUndefined()
    expect([isWell(window(99)), isWell(window(991, 1_000)), isWell(window(0, 0))]).toEqual([
      false,
      true,
      true,
    ])
  })

  it('and calls are, once most of them go to the preferred region', () => {
    expect(secondsToReturn([window(9, 9, 0), window(9, 10, 5), window(9, 9, 5)])).toBe(3)
    expect(secondsToReturn([window(9, 9, 1)])).toBeUndefined()
  })

  it('and is drawn, so that a gap is seen', () => {
    expect(picture([window(100), window(50), window(0), window(99)])).toBe('█▄ ▇')
  })
})

it('DNS needs what the template says', () => {
  const figures = { intervalSeconds: 10, threshold: 3, ttlSeconds: 30 }
  expect(dnsFigures()).toEqual(figures)
  expect(dnsSeconds(figures)).toEqual({ least: 20, most: 66 })
})

it('names orders that are not there', () => {
  expect(missing(['a', 'b', 'c'], ['c', 'a', 'x'])).toEqual(['b'])
})
