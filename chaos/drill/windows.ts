/** One call of a shopper, with all of its tries. Times in milliseconds of one clock. */
export type Call = {
  route: string
  at: number
  millis: number
  /** Answered as it should be. */
  ok: boolean
  /** How often it was sent. */
  tries: number
  /** Who gave the last answer; left out where nobody did. */
  region?: string
}

/** A second, and the calls of it; `preferred` went to the region that calls should go to. */
export type Window = { calls: number; good: number; preferred: number }

/** A call is good that was answered, and in time for somebody who waits for it; in milliseconds. */
export const IN_TIME_MILLIS = 2_000
const WINDOW_MILLIS = 1_000
/** The success that the drill waits for. */
const WELL = 0.99

export const shareOf = (part: number, whole: number): number => (whole === 0 ? 1 : part / whole)
export const isWell = ({ calls, good }: Window): boolean => shareOf(good, calls) > WELL

/**
 * Calls by the second in which they were begun. One that is not good counts in each second for which it was
 * waited: a region that hangs is not well again because nobody is left to begin anything.
 * @param from when the first window begins; the last is the last whole one before `to`
 */
export function windowsOf(
  calls: readonly Call[],
  { from, to, preferred }: { from: number; to: number; preferred: string },
): Window[] {
  const count = Math.max(0, Math.floor((to - from) / WINDOW_MILLIS))
  const windows = Array.from({ length: count }, () => ({ calls: 0, good: 0, preferred: 0 }))
  const indexOf = (time: number) => Math.floor((time - from) / WINDOW_MILLIS)
  for (const { at, ok, millis, region } of calls) {
    const good = ok && millis <= IN_TIME_MILLIS
    const last = good ? indexOf(at) : indexOf(at + millis)
    for (const window of windows.slice(Math.max(0, indexOf(at)), Math.max(0, last + 1))) {
      window.calls++
      if (good) window.good++
      if (region === preferred) window.preferred++
    }
  }
  return windows
}

/**
 * @param windows from the fault on
 * @returns seconds until success was over 99 % and stayed there; undefined where it never did
 */
export function secondsToWell(windows: readonly Window[]): number | undefined {
  const last = windows.findLastIndex((window) => !isWell(window))
  return last === windows.length - 1 && windows.length > 0 ? undefined : last + 1
}

/**
 * @param windows from when the preferred region was ready again
 * @returns seconds until most calls went there again; undefined where they did not
 */
export function secondsToReturn(windows: readonly Window[]): number | undefined {
  const first = windows.findIndex(
    ({ calls, preferred }) => calls > 0 && shareOf(preferred, calls) > 0.5,
  )
  return first === -1 ? undefined : first + 1
}
