import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { ROOT } from '../../local/root.ts'
import { isLocking, schemaOf, statementOf } from './dialect.ts'
import { addTime } from './time.ts'

export type Row = Record<string, unknown>
export type Result = { rows: Row[]; rowsAffected: number; insertId: string }
/** What a statement comes to: its result, the server's number for a refusal, or a wait for a lock. */
export type Answer = Result | { errno: number } | 'waits'

const ERRNO = { duplicate: 1062, outOfRange: 1690 }

/** @param at the time at which it is run, in milliseconds */
type Statement = { text: string; values: readonly unknown[]; at: number }

/** One copy of the data, with the statements that it has prepared. */
class Store {
  readonly db: DatabaseSync
  readonly #prepared = new Map<string, { statement: StatementSync; casts: Map<string, Cast> }>()
  /** What the running statement takes for the time, in milliseconds. */
  #at = 0

  constructor(schema: readonly string[]) {
    this.db = new DatabaseSync(':memory:')
    addTime(this.db, () => this.#at)
    for (const statement of schema) this.db.exec(statement)
  }

  run({ text, values, at }: Statement): Result | { errno: number } {
    this.#at = at
    const sql = statementOf(text)
    let prepared = this.#prepared.get(sql)
    if (prepared === undefined) {
      const statement = this.db.prepare(sql)
      prepared = { statement, casts: castsOf(statement) }
      this.#prepared.set(sql, prepared)
    }
    const { statement, casts } = prepared
    try {
      if (casts.size > 0) {
        const rows = (statement.all(...values.map(toStored)) as Row[]).map((row) =>
          read(row, casts),
        )
        return { rows, rowsAffected: 0, insertId: '0' }
      }
      const { changes, lastInsertRowid } = statement.run(...values.map(toStored))
      return { rows: [], rowsAffected: Number(changes), insertId: String(lastInsertRowid) }
    } catch (error) {
      const { message } = error as Error
      if (message.startsWith('UNIQUE constraint')) return { errno: ERRNO.duplicate }
      if (message.startsWith('CHECK constraint')) return { errno: ERRNO.outOfRange }
      throw error
    }
  }
}

export type Session = {
  /** A transaction was begun. */
  open: boolean
  /** What it has written, to be done once more where the others see it. */
  written: Statement[]
}

/**
 * The database: the shop's own SQL and its migrations on SQLite. What is committed is one copy; who writes
 * has the other to itself until the end, and others that want to write or lock wait, while readers see
 * what is committed. So transactions overlap as far as reads go, and one at a time writes.
 */
export class Database {
  readonly #committed: Store
  readonly #working: Store
  readonly #tables: readonly string[]
  /** What migrations fill tables with. */
  readonly #first: readonly string[]
  #writer: Session | undefined
  /** Its clock, in milliseconds. */
  now: () => number = () => 0
  /** Rises with each commit. */
  commits = 0

  /** @param without indexes that are to be left out, by name */
  constructor(without: readonly string[] = []) {
    const schema = migrations().filter(
      (statement) => !without.some((name) => statement.startsWith(`CREATE UNIQUE INDEX ${name} `)),
    )
    this.#committed = new Store(schema)
    this.#working = new Store(schema)
    this.#tables = tablesOf(this.#committed.db)
    this.#first = schema.filter((statement) => /^INSERT\b/i.test(statement))
  }

  /** Puts all tables back to how the migrations leave them. @param now its clock, in milliseconds */
  reset(now: () => number): void {
    this.now = now
    if (this.#writer !== undefined) this.#working.db.exec('ROLLBACK')
    this.#writer = undefined
    for (const store of [this.#committed, this.#working]) {
      for (const table of this.#tables) store.db.exec(`DELETE FROM ${table}`)
      for (const text of this.#first) store.run({ text, values: [], at: now() })
    }
  }

  session = (): Session => ({ open: false, written: [] })

  /** Reads what is committed, aside from all that is going on. */
  look<T = Row>(text: string, values: readonly unknown[] = []): T[] {
    const result = this.#committed.run({ text, values, at: this.now() })
    return ('rows' in result ? result.rows : []) as T[]
  }

  /** Whether somebody else holds what this session would have to wait for. */
  locked = (session: Session) => this.#writer !== undefined && this.#writer !== session

  execute(session: Session, text: string, values: readonly unknown[]): Answer {
    const word = /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase()
    if (word === 'BEGIN') session.open = true
    else if (word === 'COMMIT') this.#commit(session)
    else if (word === 'ROLLBACK') this.rollback(session)
    else return this.#statement(session, text, values)
    return { rows: [], rowsAffected: 0, insertId: '0' }
  }

  /** Ends a transaction without it; so does the server where its client is gone. */
  rollback(session: Session): void {
    if (this.#writer === session) {
      this.#working.db.exec('ROLLBACK')
      this.#writer = undefined
    }
    session.open = false
    session.written = []
  }

  #statement(session: Session, text: string, values: readonly unknown[]): Answer {
    const owns = this.#writer === session
    const statement = { text, values, at: this.now() }
    if (!isLocking(text)) return (owns ? this.#working : this.#committed).run(statement)
    if (!owns && this.#writer !== undefined) return 'waits'
    if (!owns) {
      this.#working.db.exec('BEGIN')
      this.#writer = session
    }
    const answer = this.#working.run(statement)
    if ('rows' in answer && !/^\s*SELECT\b/i.test(text)) session.written.push(statement)
    if (!session.open) this.#commit(session)
    return answer
  }

  #commit(session: Session): void {
    session.open = false
    if (this.#writer !== session) return
    this.#working.db.exec('COMMIT')
    this.#writer = undefined
    for (const statement of session.written) this.#committed.run(statement)
    session.written = []
    this.commits++
  }
}

const migrations = (): string[] => {
  const dir = join(ROOT, 'migrations')
  const files = readdirSync(dir).sort()
  return files.flatMap((file) => schemaOf(readFileSync(join(dir, file), 'utf8')))
}

const tablesOf = (db: DatabaseSync) =>
  db
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
    .all()
    .map(({ name }) => String(name))

const toStored = (value: unknown): SQLInputValue => {
  if (value instanceof Date) return value.toISOString()
  if (typeof value === 'boolean') return Number(value)
  return value as SQLInputValue
}

type Cast = (value: unknown) => unknown

/** As the driver gives columns out: BIGINT and sums as text, DATETIME as Date, JSON parsed. */
const castsOf = (statement: StatementSync): Map<string, Cast> =>
  new Map(statement.columns().map(({ name, type }) => [name, castOf(type)]))

function castOf(type: string | null): Cast {
  if (type === null || /^(BIGINT|INTEGER|DECIMAL)/.test(type)) {
    return (value) => (typeof value === 'number' ? String(value) : value)
  }
  if (type.startsWith('DATETIME')) return (value) => new Date(String(value))
  if (type === 'JSON') return (value) => JSON.parse(String(value))
  return (value) => value
}

function read(row: Row, casts: Map<string, Cast>): Row {
  const result: Row = {}
  for (const [name, cast] of casts) {
    const value = row[name]
    result[name] = value === null ? null : cast(value)
  }
  return result
}
