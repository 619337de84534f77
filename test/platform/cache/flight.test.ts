import { expect, it } from 'vitest'
import { createFlights } from '../../../shared/platform/cache/flight.ts'

/** Flights that land when they are told to. */
function subject(joinMillis = 100) {
  let time = 0
  const flights = createFlights<string>(joinMillis, () => time)
  const under: { ids: string[]; land(mark: string): void; fail(error: Error): void }[] = []
  const current: ((id: string) => boolean)[] = []
  const board = (...ids: string[]) =>
    flights.board(ids, (missing, isCurrent) => {
      const { promise, resolve, reject } = Promise.withResolvers<Map<string, string>>()
      current.push(isCurrent)
      under.push({
        ids: missing,
        land: (mark) => resolve(new Map(missing.map((id) => [id, `${id}${mark}`]))),
        fail: reject,
      })
      return promise
    })
  const at = (moment: number) => {
    time = moment
  }
  const on = (flight: number) => under[flight] as (typeof under)[number]
  return { flights, under, current, board, at, on }
}

it('fetches together what nobody fetches yet, and waits for the rest', async () => {
  const { board, under, on } = subject()
  const first = board('a', 'b')
  const second = board('b', 'c')
  expect(under.map(({ ids }) => ids)).toEqual([['a', 'b'], ['c']])
  on(0).land('1')
  on(1).land('2')
  expect((await first).get('a')).toBe('a1')
  expect(await second).toEqual(
    new Map([
      ['b', 'b1'],
      ['c', 'c2'],
    ]),
  )
  board('a')
  expect(under).toHaveLength(3)
})

it('joins nothing that began too long ago, or was forgotten', async () => {
  const { board, under, at, flights, current } = subject()
  board('a')
  at(99)
  board('a')
  expect(under).toHaveLength(1)
  at(100)
  board('a')
  expect(under).toHaveLength(2)
  expect(current.map((isCurrent) => isCurrent('a'))).toEqual([false, true])
  flights.forget(['a'])
  board('a')
  flights.forgetAll()
  board('a')
  expect(current.map((isCurrent) => isCurrent('a'))).toEqual([false, false, false, true])
})

it('brings only what it was joined for: the rest of it may have been forgotten', async () => {
  const { board, on, flights } = subject()
  board('a', 'b')
  flights.forget(['a'])
  board('a')
  // Its a comes with the second flight, its b with the first, which has an old a on board.
  const third = board('a', 'b')
  on(0).land(' old')
  on(1).land(' new')
  expect(await third).toEqual(
    new Map([
      ['a', 'a new'],
      ['b', 'b old'],
    ]),
  )
})

it('fails all who wait for it, and nobody after', async () => {
  const { board, on } = subject()
  const waiting = [board('a'), board('a')]
  on(0).fail(new Error('away'))
  const results = await Promise.allSettled(waiting)
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  const next = board('a')
  on(1).land('2')
  expect((await next).get('a')).toBe('a2')
})
