import { equal } from 'node:assert/strict'
import { closeSync, openSync, writeSync } from 'node:fs'
import { devNull } from 'node:os'
import { setLogLevel } from '../../../shared/platform/telemetry/log.ts'

/**
 * Lets a side write its access log as a function does, one call of the system per line, but to nowhere.
 * @param lines how many a request must write; a round with another number throws
 */
export function muted(lines: number) {
  const { write } = process.stdout
  let sink: number | undefined
  let written = 0
  return {
    before() {
      sink = openSync(devNull, 'w')
      const target = sink
      written = 0
      process.stdout.write = ((line: string) => {
        written++
        writeSync(target, line)
        return true
      }) as typeof write
      setLogLevel('info')
    },
    after(requests: number) {
      setLogLevel('error')
      process.stdout.write = write
      if (sink !== undefined) closeSync(sink)
      equal(written, requests * lines, 'each request writes one line, or none')
    },
  }
}
