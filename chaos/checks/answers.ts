import { codes } from '../../client/src/index.ts'
import type { Asked } from '../history.ts'
import type { Violation } from './books.ts'

/** Every code that a client may meet, but for that of a defect. */
const CLEAR = new Set<number>(
  Object.entries(codes).flatMap(([name, code]) => (name === 'internalError' ? [] : [code])),
)

export type Down = { from: number; to: number }

/** Connections that wait to be accepted while a new process is getting up are part of its being away. */
const AFTER_START_MILLIS = 1_000

const during = (downs: readonly Down[], { at, millis }: Asked) =>
  downs.some(({ from, to }) => at <= to + AFTER_START_MILLIS && at + millis >= from)

/**
 * Every failure was a clear answer, in time: our envelope with a code that is known; or a connection that
 * failed while the process of the API itself was being killed.
 * @param limitMillis from request to answer
 */
export function answersAreClear(
  asked: readonly Asked[],
  downs: readonly Down[],
  limitMillis: number,
): Violation[] {
  return asked.flatMap((one) => {
    const why = unclear(one, downs, limitMillis)
    if (why === undefined) return []
    const what = `${one.route} answered ${one.status}: ${why}`
    return [{ rule: 'every answer is clear', what, traces: [one.trace] }]
  })
}

function unclear(one: Asked, downs: readonly Down[], limitMillis: number): string | undefined {
  if (during(downs, one)) return undefined
  if (one.problem !== undefined) return one.problem
  if (one.millis > limitMillis) return `after ${Math.round(one.millis)} ms`
  const fits = one.code === 0 ? one.status < 400 : Math.floor(one.code / 100) === one.status
  if (!fits) return `code ${one.code} does not fit`
  return one.code === 0 || CLEAR.has(one.code) ? undefined : `code ${one.code}`
}
