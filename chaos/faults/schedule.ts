import type { Random } from '../random.ts'
import { catalogue, type Fault } from './catalogue.ts'

/** A fault with its time: seconds after the beginning, and for how many. */
export type Planned = { at: number; for: number; fault: Fault }

/** About so long from the beginning of a fault to that of the next. */
const SLOT_SECONDS = 4.5
const LEAST_SLOT_SECONDS = 2.5
/** The first and the last part of a run are without faults: what is normal is part of the picture. */
const QUIET_SHARE = 0.06
/** A fault that lasts long must leave this share of the time to the others. */
const SHARE_OF_LONG = 0.35

/**
 * One fault after the other, as many as fit; which ones, in which order, how long and how bad the seed
 * decides. One at a time, so that the report can say what each of them did.
 */
export function scheduleOf(random: Random, seconds: number): Planned[] {
  const all = catalogue(random)
  const least = Math.floor(seconds / LEAST_SLOT_SECONDS)
  const count = Math.min(all.length, least, Math.max(6, Math.floor(seconds / SLOT_SECONDS)))
  const chosen = random.shuffled(all.slice(0, count))
  const long = (fault: Fault) =>
    fault.longSeconds !== undefined && fault.longSeconds <= seconds * SHARE_OF_LONG
      ? fault.longSeconds
      : 0
  const quiet = seconds * QUIET_SHARE
  const spent = chosen.reduce((sum, fault) => sum + long(fault) + extraOf(fault), 0)
  const slot = Math.max(1, (seconds - 2 * quiet - Math.min(spent, seconds / 2)) / chosen.length)
  let at = quiet
  return chosen.map((fault) => {
    at += fault.calmSeconds ?? 0
    const begins = at + slot * 0.2 * random.next()
    const lasts = long(fault) || slot * (0.35 + 0.25 * random.next())
    at += Math.max(slot, begins - at + lasts + slot * 0.2) + (fault.recoverySeconds ?? 0)
    return { at: round(begins), for: round(lasts), fault }
  })
}

const extraOf = ({ calmSeconds = 0, recoverySeconds = 0 }: Fault) => calmSeconds + recoverySeconds

const round = (seconds: number) => Math.round(seconds * 100) / 100
