import { expect, it } from 'vitest'
import { termsOf } from '../../../shared/platform/limits/limit.ts'
import { LEASE_MILLIS, Purse } from '../../../shared/platform/limits/purse.ts'

const shop = termsOf('shop', { perSecond: 2_000, burst: 2_000 })
const user = termsOf('user', { perSecond: 30, burst: 300 })
const granted = (count: number, waitMicros = 0) => ({ granted: count, waitMicros, usedMicros: 0 })

it('gives permits that are not used back to nobody: they end with their lease', () => {
  const purse = new Purse('k', shop)
  purse.answered(purse.question(0, 1), granted(4), 0, 20)
  expect([purse.canTake(LEASE_MILLIS - 1), purse.canTake(LEASE_MILLIS)]).toEqual([true, false])
})

it('keeps what is left over of a lease when the next one comes, but no longer than it was to last', () => {
  const purse = new Purse('k', shop)
  purse.answered(purse.question(0, 1), granted(4), 0, 0)
  purse.take(0)
  purse.answered(purse.question(500, 1), granted(5), 500, 500)
  for (let i = 0; i < 8; i++) {
    expect(purse.canTake(600)).toBe(true)
    purse.take(600)
  }
  expect(purse.canTake(600)).toBe(false)

  purse.answered(purse.question(1_000, 1), granted(4), 1_000, 1_000)
  purse.answered(purse.question(2_000, 1), granted(4), 2_000, 2_000)
  expect(purse.canTake(1_000 + LEASE_MILLIS)).toBe(false)
})

it('refuses until reserved permits are good, and takes the time in transit for its own loss', () => {
  const purse = new Purse('k', shop)
  purse.answered(purse.question(0, 1), granted(20, 300_000), 0, 50)
  expect([purse.refusedFor(50), purse.refusedFor(349), purse.refusedFor(350)]).toEqual([300, 1, 0])
  expect(purse.standing(100)).toEqual({ remaining: 0, resetMillis: 250 })
  expect(purse.canTake(300 + LEASE_MILLIS)).toBe(false)
})

it('owes what was let pass while an answer was on its way', () => {
  const purse = new Purse('k', user)
  purse.take(0)
  const asked = purse.question(0, 0)
  purse.take(1)
  purse.answered(asked, granted(0), 0, 5)
  expect(purse.debt).toBe(1)
  expect(purse.standing(5).remaining).toBe(299)
})

it('asks for as many as the next lease is likely to need, growing step by step', () => {
  const purse = new Purse('k', shop)
  const wants: number[] = []
  let now = 0
  // A request each 10 ms, and whatever is asked for is granted.
  for (let request = 0; request < 300; request++, now += 10) {
    if (!purse.canTake(now)) {
      const question = purse.question(now, 1)
      wants.push(question.want)
      purse.answered(question, granted(question.want), now, now)
    }
    purse.take(now)
  }
  expect(wants).toEqual([4, 16, 64, 256])
})
