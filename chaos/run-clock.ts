import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_MILLIS = 50

/**
 * The time of a run, in milliseconds from its beginning. It stands still while something takes longer than
 * it was planned to, so that on a slow machine as much happens after it as on a fast one.
 */
export function createRunClock(now: () => number = () => performance.now()) {
  const started = now()
  let held = 0
  let limit = Number.POSITIVE_INFINITY
  const passed = () => now() - started - held
  const time = () => Math.min(passed(), limit)

  return {
    time,

    /** Lets time pass until then and no further. */
    holdAt(millis: number): void {
      limit = millis
    },

    /** Goes on from where it stands. */
    release(): void {
      held += Math.max(0, passed() - limit)
      limit = Number.POSITIVE_INFINITY
    },

    /** Waits until then. @returns early where `signal` aborts */
    async reach(millis: number, signal: AbortSignal): Promise<void> {
      for (let left = millis - time(); left > 0 && !signal.aborted; left = millis - time()) {
        await sleep(Math.min(left, LOOK_MILLIS), undefined, { signal }).catch(() => undefined)
      }
    },
  }
}

export type RunClock = ReturnType<typeof createRunClock>
