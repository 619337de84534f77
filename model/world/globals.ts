import crypto from 'node:crypto'
import { createRequire } from 'node:module'
import type { Engines } from '../container/engines.ts'
import { SETTINGS } from '../container/settings.ts'
import type { Random } from './random.ts'
import type { Schedule } from './schedule.ts'

const load = createRequire(import.meta.url)
const TIMEOUT = new DOMException('the time is up', 'TimeoutError')

type Given = {
  name: number
  schedule: Schedule
  random: Random
  engines: Engines
  /** How far the container's clock is from the world's, in milliseconds. */
  skew: number
  /** Whether the container still runs: a dead one's timers do nothing. */
  lives(): boolean
  log(line: string): void
}

/** What a container finds around it: the world's time, chance and engines in place of the machine's. */
export function globalsOf({ name, schedule, random, engines, skew, lives, log }: Given) {
  const now = () => Math.floor(schedule.now() + skew)
  const begun = schedule.now()

  class WorldDate extends Date {
    constructor(...given: unknown[]) {
      super(...((given.length === 0 ? [now()] : given) as [number]))
    }
    static override now = now
  }

  /** A timer as Node.js gives it: it keeps nothing alive here, whatever is asked of it. */
  class Timer {
    ref = () => this
    unref = () => this
  }
  const running = new Set<unknown>()
  function setTimer(work: () => void, millis = 0): Timer {
    const timer = new Timer()
    running.add(timer)
    const run = () => running.delete(timer) && lives() && work()
    schedule.after(millis, { label: `#${name} a timer`, run })
    return timer
  }
  const clearTimer = (timer: unknown) => running.delete(timer)

  function sleep(millis = 0, value?: unknown, { signal }: { signal?: AbortSignal } = {}) {
    return new Promise((resolve, reject) => {
      const timer = setTimer(() => resolve(value), millis)
      signal?.addEventListener('abort', () => clearTimer(timer) && reject(signal.reason))
    })
  }

  /** Signals that only say whether their time is up: calls that get no answer end by themselves. */
  const signalAt = (end: number) => ({
    get aborted() {
      return schedule.now() >= end
    },
    end,
    reason: TIMEOUT,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    throwIfAborted: () => undefined,
  })
  const signals = {
    timeout: (millis: number) => signalAt(schedule.now() + millis),
    abort: () => signalAt(0),
    any: (all: { end: number }[]) => signalAt(Math.min(...all.map(({ end = Infinity }) => end))),
  }

  const bytes = (count: number) =>
    Buffer.from(Array.from({ length: count }, () => random.below(256)))
  function randomUUID(): string {
    const hex = bytes(16).toString('hex')
    return hex.replace(/^(.{8})(.{4}).(.{3})(.{4})(.{12}).*$/, '$1-$2-4$3-$4-$5')
  }
  const seeded = { ...crypto, randomUUID, randomBytes: bytes, default: undefined }
  const modules: Record<string, unknown> = {
    'node:crypto': seeded,
    'node:timers': { setTimeout: setTimer, clearTimeout: clearTimer },
    'node:timers/promises': { setTimeout: sleep },
  }

  return {
    engines,
    require: (name: string) => modules[name] ?? load(name),
    process: {
      env: { ...SETTINGS, LOG_LEVEL: schedule.traced ? 'info' : 'error' },
      stdout: { write: log },
      versions: process.versions,
    },
    Date: WorldDate,
    performance: { now: () => schedule.now() - begun },
    Math: Object.assign(Object.create(Math), { random: random.next }),
    AbortSignal: signals,
    setTimeout: setTimer,
    clearTimeout: clearTimer,
    // Where the ids of orders get their chance from.
    global: { crypto: { getRandomValues: fill(random), randomUUID } },
  }
}

const fill = (random: Random) => (buffer: Uint8Array) => {
  for (const at of buffer.keys()) buffer[at] = random.below(256)
  return buffer
}
