import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NotFound, Unavailable } from '../../../shared/platform/errors/standard.ts'
import { createBreaker } from '../../../shared/platform/resilience/breaker.ts'

const fine = async () => 'fine'
const away = async () => {
  throw Unavailable.because('test', new Error('away'))
}
const refused = async () => {
  throw new NotFound()
}

function subject() {
  let time = 0
  let ran = 0
  const breaker = createBreaker({ name: 'test', now: () => time })
  const call = (work: () => Promise<unknown>) =>
    breaker
      .run(() => {
        ran++
        return work()
      })
      .then(
        () => 'done',
        (error: Error) => (error.cause as Error | undefined)?.message ?? error.name,
      )
  return {
    breaker,
    call,
    pass: (millis: number) => {
      time += millis
    },
    get ran() {
      return ran
    },
  }
}

async function opened() {
  const it = subject()
  for (let count = 0; count < 5; count++) await it.call(away)
  expect(it.breaker.state).toBe('open')
  return it
}

describe('a breaker', () => {
  test('opens when half of enough calls fail, and then runs nothing', async () => {
    const it = subject()
    for (let count = 0; count < 4; count++) await it.call(away)
    expect(it.breaker.state).toBe('closed')
    await it.call(away)
    expect(it.breaker.state).toBe('open')
    expect(await it.call(fine)).toBe('test is unavailable')
    expect(it.ran).toBe(5)
  })

  test('lets one call through after a while: its success closes it', async () => {
    const it = await opened()
    it.pass(1_000)
    expect(it.breaker.state).toBe('half-open')
    let finish = () => {}
    const probe = it.call(
      () =>
        new Promise((resolve) => {
          finish = () => resolve('fine')
        }),
    )
    expect(await it.call(fine)).toBe('test is unavailable')
    finish()
    expect(await probe).toBe('done')
    expect(it.breaker.state).toBe('closed')
    expect(await it.call(fine)).toBe('done')
  })

  test('stays open for another while where that call fails, too', async () => {
    const it = await opened()
    it.pass(1_000)
    await it.call(away)
    expect(it.breaker.state).toBe('open')
    it.pass(999)
    expect(it.breaker.state).toBe('open')
    it.pass(1)
    await it.call(fine)
    expect(it.breaker.state).toBe('closed')
  })

  test('takes a refusal for an answer, also of the call that it lets through', async () => {
    const it = subject()
    for (let count = 0; count < 50; count++) await it.call(refused)
    expect(it.breaker.state).toBe('closed')
    const broken = await opened()
    broken.pass(1_000)
    await broken.call(refused)
    expect(broken.breaker.state).toBe('closed')
  })

  test('forgets failures of long ago', async () => {
    const it = subject()
    for (let count = 0; count < 4; count++) await it.call(away)
    it.pass(10_000)
    await it.call(away)
    expect(it.breaker.state).toBe('closed')
  })

  test('is not opened by the failures of calls that began before it closed', async () => {
    const it = await opened()
    it.pass(1_000)
    await it.call(fine)
    for (let count = 0; count < 4; count++) await it.call(away)
    expect(it.breaker.state).toBe('closed')
  })

  test('never opens while fewer than half of the calls fail, whatever their order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(9), { minLength: 40, maxLength: 120 }), async (gaps) => {
        const it = subject()
        // At most one in three: no stretch of five or more calls has half of them failing.
        for (const gap of gaps) {
          it.pass(gap * 100)
          await it.call(fine)
          await it.call(fine)
          await it.call(away)
          expect(it.breaker.state).toBe('closed')
        }
      }),
      { numRuns: 30 },
    )
  })
})
