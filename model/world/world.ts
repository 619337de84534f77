import type { Start } from '../container/bundle.ts'
import type { Database } from '../engines/database.ts'
import { Queues } from '../engines/queues.ts'
import { Redis } from '../engines/redis.ts'
import { Wechat } from '../engines/wechat.ts'
import { Faults, type Plagues, plaguesOf } from './faults.ts'
import { Fleet, type Servers } from './fleet.ts'
import { type Random, randomOf } from './random.ts'
import { Schedule } from './schedule.ts'

/** Noon of the day of the first migration: any moment would do. */
const START = Date.UTC(2026, 10, 24, 12)

export type Options = {
  /** Told of each step. */
  trace?: (line: string) => void
  /** Numbers of faults that are not to strike. */
  without?: ReadonlySet<number>
}

/** All that there is in one seed's run. */
export type World = {
  random: Random
  schedule: Schedule
  plagues: Plagues
  faults: Faults
  fleet: Fleet
} & Servers

/** @param database is emptied, and used again: making its tables takes longer than a whole run */
export function createWorld(
  seed: number,
  start: Start,
  database: Database,
  { trace, without }: Options = {},
): World {
  const random = randomOf(seed)
  const streams = Array.from({ length: 5 }, () => randomOf(random.below(2 ** 31)))
  const [order, fates, plans, queued, containers] = streams as [
    Random,
    Random,
    Random,
    Random,
    Random,
  ]
  const schedule = new Schedule(order, START, trace)
  const plagues = plaguesOf(plans)
  const faults = new Faults(plagues, fates, without)
  database.reset(schedule.now)
  const wake = (millis: number) =>
    schedule.after(millis, { label: 'a message can be seen', run: () => undefined })
  const servers: Servers = {
    database,
    redis: new Redis(schedule.now),
    queues: new Queues(schedule.now, queued, wake),
    wechat: new Wechat(),
  }
  const around = { schedule, random: containers, faults, skewMillis: plagues.skewMillis }
  return { random, schedule, plagues, faults, fleet: new Fleet(start, around, servers), ...servers }
}
