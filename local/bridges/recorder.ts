import { appendFileSync } from 'node:fs'
import { digestOf } from '../lib/digest.ts'

/** Words that code writes, as states are; other texts are data. */
const isWord = (text: string) => /^'[a-z][a-z-]{1,20}'$/.test(text)

/**
 * Writes down the first statement of each shape, one JSON text a line, at once: whoever reads the file
 * need not wait for the end of the run.
 */
export function createRecorder(file: string): (sql: string) => void {
  const known = new Set<string>()
  return (sql) => {
    const shape = digestOf(sql, isWord)
    if (known.has(shape)) return
    known.add(shape)
    appendFileSync(file, `${JSON.stringify(sql)}\n`)
  }
}
