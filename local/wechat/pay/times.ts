const BEIJING_MILLIS = 8 * 3_600_000

/** @returns the time in WeChat's own form, RFC 3339 in Beijing: 2026-11-24T20:00:00+08:00 */
export function beijing(millis: number): string {
  return `${new Date(millis + BEIJING_MILLIS).toISOString().slice(0, 19)}+08:00`
}

/** @returns the day in Beijing: 2026-11-24 */
export const beijingDay = (millis: number) => beijing(millis).slice(0, 10)
