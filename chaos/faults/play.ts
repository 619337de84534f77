import type { RunClock } from '../run-clock.ts'
import type { Stand } from '../stand.ts'
import type { Planned } from './schedule.ts'

/** When a fault was there, in milliseconds of `performance.now()`. */
export type Played = { name: string; from: number; to: number }

/**
 * Plays a schedule, each fault to its end before the next: where a start takes longer than planned, the
 * run's clock waits for it. What was begun is ended, also when the run is given up.
 * @param show told of each fault when it begins
 * @throws where an engine does not come back
 */
export async function play(
  schedule: readonly Planned[],
  stand: Stand,
  { clock, signal, show }: { clock: RunClock; signal: AbortSignal; show: (name: string) => void },
): Promise<Played[]> {
  const played: Played[] = []
  for (const { at, for: seconds, fault } of schedule) {
    await clock.reach(at * 1000, signal)
    if (signal.aborted) break
    show(fault.name)
    const from = performance.now()
    clock.holdAt((at + seconds + (fault.recoverySeconds ?? 0)) * 1000)
    await fault.begin(stand)
    try {
      await clock.reach((at + seconds) * 1000, signal)
    } finally {
      await fault.end(stand)
      clock.release()
    }
    played.push({ name: fault.name, from, to: performance.now() })
    show('')
  }
  return played
}
