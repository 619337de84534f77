// Loaded into the functions' process by `--import`: their clock is off by what the file named in
// CHAOS_CLOCK_FILE says, in milliseconds. Only the time of day; timers and waits stay as they are.
import { readFileSync } from 'node:fs'

const LOOK_MILLIS = 100
const file = process.env.CHAOS_CLOCK_FILE ?? ''
const RealDate = Date
let skew = 0

function look(): void {
  try {
    skew = Number(readFileSync(file, 'utf8')) || 0
  } catch {
    // It is being written, or there is none: as before.
  }
}

class SkewedDate extends RealDate {
  constructor(...parts: unknown[]) {
    // The constructor has many forms; only the one without arguments asks for the time.
    super(...((parts.length === 0 ? [RealDate.now() + skew] : parts) as [number]))
  }

  static override now(): number {
    return RealDate.now() + skew
  }
}

if (file !== '') {
  look()
  setInterval(look, LOOK_MILLIS).unref()
  globalThis.Date = SkewedDate as DateConstructor
}
