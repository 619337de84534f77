import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

/**
 * A file of changes, one JSON value a line. A change is there once its line is whole: what a kill cut
 * off in the middle is dropped at the next start.
 */
export class Journal<Change> {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  read(): Change[] {
    if (!existsSync(this.#path)) return []
    const lines = readFileSync(this.#path, 'utf8').split('\n')
    return lines.slice(0, -1).map((line) => JSON.parse(line) as Change)
  }

  append(change: Change): void {
    appendFileSync(this.#path, `${JSON.stringify(change)}\n`, { mode: 0o600 })
  }

  /** Writes the file anew with these changes only. */
  replace(changes: Change[]): void {
    const text = changes.map((change) => `${JSON.stringify(change)}\n`).join('')
    writeFileSync(`${this.#path}.new`, text, { mode: 0o600 })
    renameSync(`${this.#path}.new`, this.#path)
  }
}
