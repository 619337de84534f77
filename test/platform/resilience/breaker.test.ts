import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NotFound, Unavailable } from '../../../shared/platform/errors/standard.ts'
import { BreakerOpen, createBreaker } from '../../../shared/platform/resilience/breaker.ts'
import type { Fleet } from '../../../shared/platform/resilience/reporter.ts'
import { invocation } from '../../../shared/platform/telemetry/invocation.ts'
import { contextOf } from '../../support/context.ts'
import { modelFleet } from '../../support/fleet.ts'

const fine = async () => 'fine'
const away = async () => {
  throw Unavailable.because('test', new Error('away'))
}
const refused = async () => {
  throw new NotFound()
}
/** What Redis says where it is the patient. */
const noFleet: Fleet = { report: away, ask: away, tried: away }
/** A report is not waited for: lets what the others say arrive. */
const heard = () => new Promise<void>((resolve) => setImmediate(resolve))

function subject(fleet?: Fleet, clock = { time: 0 }) {
  let ran = 0
  const breaker = createBreaker({
    name: 'test',
    now: () => clock.time,
    ...(fleet === undefined ? {} : { fleet }),
  })
  const outcome = (running: Promise<unknown>) =>
    running.then(
      () => 'done',
      (error: Error) => (error instanceof BreakerOpen ? 'open' : error.name),
    )
  const call = async (work: () => Promise<unknown>) => {
    const said = await outcome(
      breaker.run(() => {
        ran++
        return work()
      }),
    )
    if (fleet !== undefined) await heard()
    return said
  }
  return {
    breaker,
    call,
    outcome,
    pass: (millis: number) => {
      clock.time += millis
    },
    get ran() {
      return ran
    },
  }
}

async function opened(fleet?: Fleet) {
  const it = subject(fleet)
  for (let count = 0; count < 10; count++) await it.call(away)
  expect(it.breaker.state).toBe('open')
  return it
}

describe.each([
  ['of a container alone', undefined],
  ['while Redis is away', noFleet],
])('a breaker %s', (_, fleet) => {
  test('opens when eighteen of the last forty calls failed, and then runs nothing', async () => {
    const it = subject(fleet)
    for (let count = 0; count < 17; count++) {
      await it.call(fine)
      await it.call(away)
    }
    await it.call(fine)
    expect(it.breaker.state).toBe('closed')
    await it.call(away)
    expect(it.breaker.state).toBe('open')
    expect(await it.call(fine)).toBe('open')
    expect(it.ran).toBe(36)
  })

  test('opens after ten failures in a row', async () => {
    const it = subject(fleet)
    for (let count = 0; count < 100; count++) await it.call(fine)
    for (let count = 0; count < 9; count++) await it.call(away)
    expect(it.breaker.state).toBe('closed')
    await it.call(away)
    expect(it.breaker.state).toBe('open')
  })

  test('lets one call through after a while: its success closes it', async () => {
    const it = await opened(fleet)
    it.pass(1_000)
    expect(it.breaker.state).toBe('half-open')
    const { promise, resolve } = Promise.withResolvers<string>()
    const probe = it.call(() => promise)
    expect(await it.call(fine)).toBe('open')
    resolve('fine')
    expect(await probe).toBe('done')
    expect(it.breaker.state).toBe('closed')
    expect(await it.call(fine)).toBe('done')
  })

  test('stays open for another while where that call fails, too', async () => {
    const it = await opened(fleet)
    it.pass(1_000)
    expect(await it.call(away)).toBe('Unavailable')
    expect(it.breaker.state).toBe('open')
    it.pass(999)
    expect(await it.call(fine)).toBe('open')
    it.pass(1)
    expect(await it.call(fine)).toBe('done')
    expect(it.breaker.state).toBe('closed')
  })

  test('lets another call through where that one hangs', async () => {
    const it = await opened(fleet)
    it.pass(1_000)
    void it.call(() => new Promise(() => undefined))
    it.pass(999)
    expect(await it.call(fine)).toBe('open')
    it.pass(1)
    expect(await it.call(fine)).toBe('done')
  })

  test('takes a refusal for an answer, also of the call that it lets through', async () => {
    const it = subject(fleet)
    for (let count = 0; count < 50; count++) await it.call(refused)
    expect(it.breaker.state).toBe('closed')
    const broken = await opened(fleet)
    broken.pass(1_000)
    await broken.call(refused)
    expect(broken.breaker.state).toBe('closed')
  })

  test('forgets failures of long ago, and those from before it closed', async () => {
    const it = subject(fleet)
    for (let count = 0; count < 9; count++) await it.call(away)
    it.pass(30_000)
    await it.call(away)
    expect(it.breaker.state).toBe('closed')
    const closed = await opened(fleet)
    closed.pass(1_000)
    await closed.call(fine)
    for (let count = 0; count < 9; count++) await closed.call(away)
    expect(closed.breaker.state).toBe('closed')
  })

  test('answers 50301 and when to come back', async () => {
    const it = await opened(fleet)
    const error = await it.breaker.run(fine).catch((thrown: BreakerOpen) => thrown)
    expect(error).toMatchObject({ code: 50301, retryAfterSeconds: 1 })
  })

  test('counts answers that say that the upstream fails, and hands them on', async () => {
    const it = subject(fleet)
    const run = () => it.breaker.run(fine, (said) => said === 'fine')
    for (let count = 0; count < 10; count++) expect(await run()).toBe('fine')
    expect(it.breaker.state).toBe('open')
  })

  test('counts what must not be refused, and does not refuse it', async () => {
    const it = subject(fleet)
    for (let count = 0; count < 10; count++) await it.outcome(it.breaker.watch(away))
    expect(it.breaker.state).toBe('open')
    expect(await it.breaker.watch(fine)).toBe('fine')
    expect(it.breaker.state).toBe('open')
  })

  test('does not hold against the upstream that the caller had no time, nor lets such a one try', async () => {
    const it = subject(fleet)
    const within = (millis: number, work: () => Promise<unknown>) =>
      invocation(contextOf(millis + 300), 'test', 'trace-0001', () => it.call(work))
    for (let count = 0; count < 30; count++) await within(900, away)
    expect(it.breaker.state).toBe('closed')
    for (let count = 0; count < 10; count++) await within(60_000, away)
    expect(it.breaker.state).toBe('open')
    it.pass(1_000)
    expect(await within(900, fine)).toBe('open')
    expect(await within(60_000, fine)).toBe('done')
  })

  test('never opens while fewer than eighteen of any forty calls fail, whatever their order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(9), { minLength: 40, maxLength: 120 }), async (gaps) => {
        const it = subject(fleet)
        for (const gap of gaps) {
          it.pass(gap * 100)
          await it.call(fine)
          await it.call(fine)
          await it.call(away)
          expect(it.breaker.state).toBe('closed')
        }
      }),
      { numRuns: 5 },
    )
  })
})

describe('the breakers of many containers', () => {
  const MEMBERS = 20
  function containers(count = MEMBERS) {
    const clock = { time: 0 }
    const told: ('ask' | readonly boolean[])[] = []
    const member = modelFleet(() => clock.time)
    const all = Array.from({ length: count }, (_, index) => {
      const fleet = member(`${index}`)
      const noted: Fleet = {
        report: (outcomes) => {
          told.push(outcomes)
          return fleet.report(outcomes)
        },
        ask: () => {
          told.push('ask')
          return fleet.ask()
        },
        tried: fleet.tried,
      }
      return subject(noted, clock)
    })
    return { all, clock, told, known: () => member('observer').report([]) }
  }
  type Members = ReturnType<typeof containers>

  /** One call of each, spread over some time. */
  async function round({ all, clock }: Members, work: () => Promise<unknown>, millis = 100) {
    const said: string[] = []
    for (const { call } of all) {
      clock.time += millis / all.length
      said.push(await call(work))
    }
    return said
  }
  const states = ({ all }: Members) => new Set(all.map(({ breaker }) => breaker.state))
  async function broken(count?: number) {
    const members = containers(count)
    for (let calls = 0; calls < 10 && states(members).has('closed'); calls++)
      await round(members, away)
    expect(states(members)).toEqual(new Set(['open']))
    return members
  }

  test('ask nobody while all is well', async () => {
    const members = containers()
    for (let calls = 0; calls < 100; calls++) await round(members, fine)
    expect(members.told).toEqual([])
  })

  test('tell of the calls after a failure, not of it, and of none of long ago', async () => {
    const { all, clock, told } = containers(1)
    const [one] = all
    const later = async (millis: number, work: () => Promise<unknown>) => {
      clock.time += millis
      await one?.call(work)
    }
    await later(100, away)
    expect(told).toEqual([[]])
    await later(100, fine)
    await later(100, away)
    await later(100, fine)
    expect(told).toEqual([[], [false], [true, false]])
    await later(30_000, away)
    expect(told.slice(3)).toEqual([[]])
    for (let count = 0; count < 60; count++) await later(100, fine)
    expect(told.slice(4).flat()).toEqual(Array.from({ length: 10 }, () => false))
  })

  test('open for all of them after few calls of each, also of those that see it first', async () => {
    const members = await broken()
    for (const { ran } of members.all) expect(ran).toBeLessThan(5)
  })

  test('let one call through in all, and close for all where it is answered', async () => {
    const members = await broken()
    members.clock.time += 1_000
    const said = await round(members, away)
    expect(said.filter((word) => word !== 'open')).toEqual(['Unavailable'])
    members.clock.time += 1_000
    // The others have to be told: they ask again within 200 ms.
    expect(await round(members, fine)).toContain('done')
    members.clock.time += 200
    expect(new Set(await round(members, fine))).toEqual(new Set(['done']))
  })

  test('let another one try where the one that tries has died', async () => {
    const members = await broken()
    members.clock.time += 1_000
    const [first] = members.all
    void first?.call(() => new Promise(() => undefined))
    await heard()
    expect(new Set(await round(members, fine))).toEqual(new Set(['open']))
    members.clock.time += 1_000
    expect(await round(members, fine)).toContain('done')
  })

  test('a container that is cut off is closed by itself, and for nobody else', async () => {
    const members = containers()
    const [lonely] = members.all
    for (let calls = 0; calls < 100; calls++) {
      await lonely?.call(away)
      members.clock.time += 5
      for (const { call } of members.all.slice(1)) expect(await call(fine)).toBe('done')
    }
    expect(lonely?.breaker.state).toBe('open')
  })

  test('a fleet of new containers with a call each is not taken for a failing upstream', async () => {
    const clock = { time: 0 }
    const member = modelFleet(() => clock.time)
    for (let count = 0; count < 2_000; count++) {
      clock.time += 1
      const { call } = subject(member(`${count}`), clock)
      await call(count % 100 === 0 ? away : fine)
      expect(await member('observer').report([])).toBe('closed')
    }
  })

  /** A seed, so that a failure can be looked at. @see https://en.wikipedia.org/wiki/Linear_congruential_generator */
  function dice(seed: number) {
    let state = seed
    return () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state / 2 ** 32
    }
  }
  const failing = (share: number, roll: () => number) => () => (roll() < share ? away() : fine())

  test('never open in 100,000 calls of which 1 % fail', async () => {
    const members = containers()
    const work = failing(0.01, dice(1))
    for (let call = 0; call < 100_000; call++) {
      members.clock.time += 5
      const container = members.all[call % MEMBERS] as Members['all'][number]
      await container.breaker.run(work).catch((error) => {
        if (error instanceof BreakerOpen) throw new Error('open', { cause: error })
      })
    }
    await heard()
    expect(states(members)).toEqual(new Set(['closed']))
  })

  test('open within a second of ten calls each of which half fail', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const members = containers()
      const work = failing(0.5, dice(seed))
      for (let calls = 0; calls < 10; calls++) await round(members, work)
      expect([seed, await members.known()]).not.toEqual([seed, 'closed'])
    }
  })
})
