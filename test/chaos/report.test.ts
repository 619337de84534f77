import { expect, it } from 'vitest'
import { play } from '../../chaos/faults/play.ts'
import { figuresOf, momentsOf } from '../../chaos/report/figures.ts'
import { filled } from '../../chaos/report/page.ts'
import { faultsTable, type Report, replayOf } from '../../chaos/report/report.ts'
import { timelineOf } from '../../chaos/report/timeline.ts'
import { createRunClock } from '../../chaos/run-clock.ts'
import type { Stand } from '../../chaos/stand.ts'

const asked = (at: number, millis: number, status = 200, code = 0) => ({
  ...{ at, millis, status, code, route: 'GET /', trace: 't' },
})
const RUN = { from: 1_000, to: 5_000 }
const PLAYED = [{ name: 'Redis killed', from: 2_000, to: 3_000 }]

it('counts a request where any of it fell into a fault, and an honest refusal as an answer', () => {
  const [quiet, after, fault] = figuresOf(
    [
      asked(500, 10),
      asked(1_200, 10),
      asked(1_900, 200),
      asked(2_500, 20, 503, 50301),
      asked(2_600, 30, 409, 40901),
      asked(2_900, 5_000, 0),
      asked(3_000, 40),
      asked(4_900, 40, 503, 50301),
    ],
    PLAYED,
    RUN,
  )
  expect(quiet).toMatchObject({ name: 'no fault', requests: 1, seconds: 1, availability: 100 })
  expect(after).toMatchObject({ requests: 2, seconds: 2, availability: 50 })
  expect(fault).toMatchObject({ name: 'Redis killed', requests: 4, availability: 50, p99: 5_000 })
  expect(fault?.codes).toEqual({ ok: 1, 50301: 1, 40901: 1, none: 1 })
})

it('leaves moments empty in which nobody asked', () => {
  const moments = momentsOf([asked(1_000, 10), asked(3_500, 20, 503, 50301)], RUN, 1)
  expect(moments.map(({ success }) => success)).toEqual([100, undefined, 0, undefined])
})

const report = (over: Partial<Report> = {}): Report => ({
  machine: { cpu: 'c', cores: 2, memoryGb: 8, node: 'v24', database: 'd', redis: 'r' },
  ...{ date: '2026-11-24T00:00:00.000Z', commit: 'abc', seed: 7, orders: 10, minutes: 1 },
  ...{ seconds: 4, settleSeconds: 2 },
  counts: {
    ...{ requests: 7, accepted: 4, refused: 1, givenUp: 1, payments: 1, refunds: 0 },
    ...{ mailsSent: 3, mailsOpen: 1, redriven: 0 },
  },
  met: figuresOf([asked(1_200, 10), asked(2_500, 20, 503, 50301)], PLAYED, RUN),
  faults: [{ name: 'Redis <killed>', at: 1, seconds: 1 }],
  moments: momentsOf([asked(1_200, 10), asked(2_500, 20, 503, 50301)], RUN, 1),
  violations: [],
  ...over,
})

it('draws a picture whose every figure is a number, with the faults named', () => {
  const svg = timelineOf(report())
  expect(svg).not.toContain('NaN')
  expect(svg).not.toContain('Infinity')
  expect(svg).toContain('&#60;killed&#62; (1 s)')
  expect(svg.match(/<polyline/g)?.length).toBeGreaterThanOrEqual(2)
})

it('says how a run is played again, and has a row for each fault', () => {
  expect(replayOf(report())).toBe('npm run chaos -- --seed 7 --orders 10 --minutes 1')
  const { rows } = faultsTable(report())
  expect(rows[2]).toEqual(['Redis killed', '1.0', '1', '0.0 %', '20 ms', '20 ms', '50301 1'])
})

it('fills the page with each seed, and with what was found', () => {
  const page = 'x\n<!-- chaos -->\nold\n<!-- /chaos -->\ny\n'
  const violations = [{ rule: 'one key, one order', what: 'key k made 2' }]
  const text = filled(page, [report(), report({ seed: 8, violations })])
  expect(text).toMatch(/^x\n<!-- chaos -->\n[\s\S]*<!-- \/chaos -->\ny\n$/)
  expect(text).not.toContain('old')
  expect(text).toContain('chaos/seed-8.svg')
  expect(text).toContain('key k made 2')
})

it('lets time stand still while something takes longer than planned', async () => {
  let now = 1_000
  const clock = createRunClock(() => now)
  clock.holdAt(200)
  now += 150
  expect(clock.time()).toBe(150)
  now += 900
  expect(clock.time()).toBe(200)
  clock.release()
  now += 10
  expect(clock.time()).toBe(210)
  await clock.reach(210, new AbortController().signal)
})

it('ends a fault whose run is given up', async () => {
  const told: string[] = []
  const stopping = new AbortController()
  const fault = {
    name: 'x',
    begin: () => {
      told.push('begin')
      stopping.abort()
    },
    end: () => void told.push('end'),
  }
  const schedule = [
    { at: 0, for: 60, fault },
    { at: 61, for: 1, fault },
  ]
  const played = await play(schedule, {} as Stand, {
    clock: createRunClock(),
    signal: stopping.signal,
    show: () => {},
  })
  expect(told).toEqual(['begin', 'end'])
  expect(played).toHaveLength(1)
})
