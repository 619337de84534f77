import { setTimeout as sleep } from 'node:timers/promises'
import { type Ledger, untilPersisted } from './books.ts'
import { RELAY_AFTER_SECONDS, type RegionCopy, untilServing } from './regions.ts'
import type { Record } from './shoppers.ts'
import { secondsToReturn, secondsToWell, shareOf, type Window, windowsOf } from './windows.ts'

export type Scenario = {
  id: string
  /** What is done to the preferred region. */
  what: string
  fault(region: RegionCopy): Promise<void> | void
  heal(region: RegionCopy): Promise<void> | void
}

export const SCENARIOS: readonly Scenario[] = [
  {
    id: 'killed',
    what: 'killed outright (SIGKILL), and started again',
    fault: (region) => region.kill(),
    heal: (region) => region.start(),
  },
  {
    id: 'hung',
    what: 'takes connections and answers nothing (SIGSTOP), and goes on',
    fault: (region) => region.hang(),
    heal: (region) => region.goOn(),
  },
  {
    id: 'cut',
    what: 'can no longer reach the database, and can again',
    fault: (region) => region.cut(),
    heal: (region) => region.mend(),
  },
]

export type Result = {
  id: string
  what: string
  /** Of the preferred region while it was away: HTTP status, left out where nothing answers. */
  ready?: number
  alive?: number
  /** Success of the second before the fault, and of the worst one after it, 0 to 1. */
  before: number
  worst: number
  /** Seconds from the fault until success was over 99 % and stayed there. */
  wellAfter?: number
  /** Seconds from when the region was ready again until most calls went to it. */
  returnedAfter?: number
  calls: number
  failed: number
  /** Calls that took more than one try: a fault that a client hides shows here. */
  repeated: number
  slowestMillis: number
  /** Orders accepted before the fault that only the other region brought in while this one was away. */
  broughtIn?: number
  /** Seconds from the fault on, one window each. */
  windows: Window[]
}

export type Setting = {
  regions: readonly RegionCopy[]
  record: Record
  ledger: Ledger
  /** How long the region stays away, in seconds. */
  seconds: number
  signal: AbortSignal
  progress: (step: string) => void
}

const BEFORE_MILLIS = 5_000
/** When the region is asked how it is: its answer of before the fault is no longer good. */
const ASK_AFTER_MILLIS = 2_500
const RETURN_MILLIS = 75_000

/** Plays one scenario under the load that is on. @throws where the signal aborts, or a region does not return */
export async function play(scenario: Scenario, setting: Setting): Promise<Result> {
  const { regions, record, signal, seconds, progress } = setting
  const [preferred, other] = regions as [RegionCopy, RegionCopy]
  const { id, what } = scenario
  const windows = (from: number, to: number) =>
    windowsOf(record.calls, { from, to, preferred: preferred.name })
  const pause = (millis: number) => sleep(millis, undefined, { signal })

  progress(`${id}: all is well`)
  await pause(BEFORE_MILLIS)
  progress(`${id}: ${preferred.name} ${what}`)
  const from = performance.now()
  await scenario.fault(preferred)
  await pause(ASK_AFTER_MILLIS)
  const [ready, alive] = await Promise.all([
    preferred.statusOf('/api/health'),
    preferred.statusOf('/api/health/alive'),
  ])
  const broughtIn = id === 'killed' ? await bringIn(from, other, setting) : undefined
  await pause(Math.max(0, from + seconds * 1_000 - performance.now()))
  const away = windows(from, performance.now())

  progress(`${id}: ${preferred.name} comes back`)
  await scenario.heal(preferred)
  await untilServing(preferred, signal)
  const back = performance.now()
  const returned = () => secondsToReturn(windows(back, performance.now()))
  while (returned() === undefined && performance.now() - back < RETURN_MILLIS) await pause(500)
  // A call is written down when it has ended.
  await pause(2_000)

  const all = windows(from, performance.now() - 2_000)
  // Also those that were under way.
  const calls = record.calls.filter(({ at, millis }) => at + millis >= from)
  const [before] = windows(from - 1_000, from)
  const wellAfter = secondsToWell(away)
  const returnedAfter = returned()
  return {
    ...{ id, what },
    ...(ready === undefined ? {} : { ready }),
    ...(alive === undefined ? {} : { alive }),
    before: before === undefined ? 1 : shareOf(before.good, before.calls),
    worst: Math.min(...away.map(({ good, calls }) => shareOf(good, calls))),
    ...(wellAfter === undefined ? {} : { wellAfter }),
    ...(returnedAfter === undefined ? {} : { returnedAfter }),
    calls: calls.length,
    failed: calls.filter(({ ok }) => !ok).length,
    repeated: calls.filter(({ tries }) => tries > 1).length,
    slowestMillis: Math.max(0, ...calls.map(({ millis }) => millis)),
    ...(broughtIn === undefined ? {} : { broughtIn }),
    windows: all,
  }
}

/**
 * The dead region's queue keeps what it was sent. What is not in the database yet has its hold, and the
 * other region's relay sends that to its own queue.
 * @returns how many orders came in that way
 * @throws where one did not
 */
async function bringIn(from: number, other: RegionCopy, setting: Setting): Promise<number> {
  const { record, ledger } = setting
  const accepted = record.orders
    .filter(({ at, orderId }) => at < from && orderId !== undefined)
    .map(({ orderId }) => orderId as string)
  // What the other region has in hand by itself is in the database by then.
  const waiting = await untilPersisted(accepted, ledger, [], (RELAY_AFTER_SECONDS - 2) * 1_000)
  const left = await untilPersisted(waiting, ledger, [other])
  if (left.length > 0) throw new Error(`${left.length} orders of a dead region did not come in`)
  return waiting.length
}
