import { equal } from 'node:assert/strict'
import { setLogLevel } from '../../../shared/platform/telemetry/log.ts'

/**
 * Lets a side make its access log and takes the lines in: what a write costs after that is the
 * system's business, alike for all, and on some systems as much as all of our stack.
 * @param lines how many a request must write; a round with another number throws
 */
export function muted(lines: number) {
  const { write } = process.stdout
  let written = 0
  return {
    before() {
      written = 0
      process.stdout.write = () => {
        written++
        return true
      }
      setLogLevel('info')
    },
    after(requests: number) {
      setLogLevel('error')
      process.stdout.write = write
      equal(written, requests * lines, 'lines in the access log')
    },
  }
}
