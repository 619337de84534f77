import { setImmediate as turn } from 'node:timers/promises'
import type { Database, Queryable } from '../../../shared/platform/database/database.ts'
import { StatementFailed } from '../../../shared/platform/database/errors.ts'
import type { Sql } from '../../../shared/platform/database/sql.ts'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'

/** What happens to one of those that wait: it goes on, it dies there, or is told that the database is away. */
export type Move = { who: number; what: 'go' | 'die' | 'fail' | 'expire' }
/** A defect that the test has to find. */
export type Defect = 'unfenced effect' | 'unfenced answer' | 'effect noted late'

type Row = {
  request: unknown
  fence: unknown
  effect: unknown
  answer: unknown
  leasedUntil: number
}
type Parked = { go(): void; fail(error: Error): void; die(): void }
type Transaction = { undo: (() => void)[]; locks: (() => void)[] }

const LEASE_END = 60_000
const EFFECT = 'INSERT INTO effects'

/**
 * A database of one table of keys and one of effects, and the order in which things happen: every
 * statement stops before and after it, until a move lets it go on. A row that a transaction has changed
 * is locked until it ends, as InnoDB does it; a client that dies is rolled back.
 */
export class World {
  readonly effects: unknown[] = []
  /** What was asked of the database. */
  readonly statements: string[] = []
  readonly #rows = new Map<string, Row>()
  readonly #parked: Parked[] = []
  readonly #defect: Defect | undefined
  #locked: Promise<void> | undefined
  #now = 0

  constructor(defect?: Defect) {
    this.#defect = defect
  }

  /** Lets things happen, by the moves and, when there are no more, one after the other to the end. */
  async play(moves: readonly Move[]): Promise<void> {
    for (let at = 0; ; at++) {
      await turn()
      if (this.#parked.length === 0) return
      const { who, what } = moves[at] ?? { who: 0, what: 'go' }
      if (what === 'expire') this.#now += LEASE_END
      else {
        const [parked] = this.#parked.splice(who % this.#parked.length, 1)
        if (what === 'go') parked?.go()
        if (what === 'die') parked?.die()
        if (what === 'fail') parked?.fail(Unavailable.because('database', new Error('away')))
      }
    }
  }

  /** All leases that were given out have ended. */
  expire(): void {
    this.#now += LEASE_END
  }

  step(transaction?: Transaction): Promise<void> {
    return new Promise((go, fail) => {
      // Who dies never hears of anything again.
      this.#parked.push({ go, fail, die: () => transaction && this.#end(transaction, true) })
    })
  }

  #end({ undo, locks }: Transaction, back: boolean): void {
    if (back) for (const each of undo.splice(0).reverse()) each()
    for (const each of locks.splice(0)) each()
  }

  /** @returns a handle on the database */
  database(): Database {
    return {
      ...this.#queryable(),
      transaction: async (work) => {
        const transaction: Transaction = { undo: [], locks: [] }
        this.statements.push('BEGIN')
        try {
          const result = await work(this.#queryable(transaction))
          await this.step(transaction)
          this.statements.push('COMMIT')
          // Committed: from here on nothing is undone.
          transaction.undo.length = 0
          this.#end(transaction, false)
          await this.step()
          return result
        } catch (error) {
          this.#end(transaction, true)
          throw error
        }
      },
    }
  }

  #queryable(transaction?: Transaction): Queryable {
    const run = async <T>(sql: string, work: () => Promise<T> | T): Promise<T> => {
      await this.step(transaction)
      this.statements.push(sql)
      const result = await work()
      await this.step(transaction)
      return result
    }
    return {
      query: <R>({ sql, values }: Sql) => run(sql, () => this.#read(values) as R[]),
      write: ({ sql, values }) =>
        run(sql, async () => ({
          rowsAffected: await this.#write(sql, values, transaction),
          insertId: '',
        })),
    }
  }

  #read([, userId, slot]: readonly unknown[]) {
    const row = this.#rows.get(`${userId} ${slot}`)
    const left = ((row?.leasedUntil ?? 0) - this.#now) / 1000
    return row === undefined ? [] : [{ ...row, age: '0', seconds_left: left, expired: 0 }]
  }

  async #write(
    sql: string,
    values: readonly unknown[],
    transaction?: Transaction,
  ): Promise<number> {
    if (sql.startsWith(EFFECT)) {
      const one = { value: values[0] }
      this.effects.push(one)
      transaction?.undo.push(() => this.effects.splice(this.effects.indexOf(one), 1))
      return 1
    }
    while (this.#locked !== undefined) await this.#locked
    if (sql.startsWith('INSERT INTO idempotency_keys')) return this.#insert(values)
    const set = Object.keys(SETS).find((start) => sql.startsWith(start))
    if (set === undefined) throw new Error(`no such statement here: ${sql}`)
    return this.#update(set, sql, values, transaction)
  }

  #insert([userId, slot, request, fence]: readonly unknown[]): number {
    const key = `${userId} ${slot}`
    if (this.#rows.has(key)) throw new StatementFailed(1062)
    const leasedUntil = this.#now + LEASE_END
    this.#rows.set(key, { request, fence, effect: null, answer: null, leasedUntil })
    return 1
  }

  #update(
    set: string,
    sql: string,
    values: readonly unknown[],
    transaction: Transaction | undefined,
  ): number {
    const [userId, slot, fence] = values.slice(-3)
    const key = `${userId} ${slot}`
    const row = this.#rows.get(key)
    if (row === undefined) return 0
    const unfenced =
      (set.includes('effect') && this.#defect === 'unfenced effect') ||
      (set.includes('answer') && this.#defect === 'unfenced answer')
    if (row.fence !== fence && !unfenced) return 0
    if (sql.includes('AND answer IS NULL') && row.answer !== null) return 0
    const before = { ...row }
    SETS[set]?.(row, values, this.#now + LEASE_END)
    if (transaction !== undefined && this.#defect !== 'effect noted late') {
      transaction.undo.push(() => this.#rows.set(key, before))
      this.#locked = new Promise((unlock) => {
        transaction.locks.push(() => {
          this.#locked = undefined
          unlock()
        })
      })
    }
    return 1
  }
}

/** What the statements of keys.ts change in a row. */
const SETS: Record<string, (row: Row, values: readonly unknown[], leasedUntil: number) => void> = {
  'UPDATE idempotency_keys SET request': (row, [request, fence], leasedUntil) =>
    Object.assign(row, { request, fence, leasedUntil }),
  'UPDATE idempotency_keys SET effect': (row, [effect]) => Object.assign(row, { effect }),
  'UPDATE idempotency_keys SET answer': (row, [answer]) =>
    Object.assign(row, { answer, leasedUntil: 0 }),
  'UPDATE idempotency_keys SET leased_until = NULL': (row) =>
    Object.assign(row, { leasedUntil: 0 }),
}
