import type { DatabaseSync } from 'node:sqlite'

const MILLIS = { MICROSECOND: 0.001, SECOND: 1_000 }
type Unit = keyof typeof MILLIS

/** Times are kept as ISO 8601 in UTC, of which the order of texts is that of times. */
const iso = (millis: number) => new Date(millis).toISOString()

/** Gives SQLite what MySQL has of times, and the statements use. @param now the time of a statement */
export function addTime(db: DatabaseSync, now: () => number): void {
  db.function('UTC_NOW', () => iso(now()))
  db.function('SHIFTED', (from, sign, count, unit) => {
    const by = Number(count) * MILLIS[unit as Unit] * (sign === '-' ? -1 : 1)
    return iso(Date.parse(String(from)) + by)
  })
  db.function('TIME_BETWEEN', (unit, from, to) => {
    if (from === null || to === null) return null
    return Math.trunc((Date.parse(String(to)) - Date.parse(String(from))) / MILLIS[unit as Unit])
  })
}
