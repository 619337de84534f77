import { AsyncLocalStorage } from 'node:async_hooks'
import type { Queryable } from '../database/database.ts'
import { type Sql, sql } from '../database/sql.ts'

/** Pieces of an UPDATE of several tables that notes by itself, in the same statement, that it was done. */
export type Note = { tables: Sql; set: Sql; where: Sql }
/** Where there is no key. */
export const NO_NOTE: Note = { tables: sql``, set: sql``, where: sql`` }

/** One run of a request with an Idempotency-Key. Of all attempts of a key only the latest may write. */
export type Attempt = {
  /** The result of the effect as JSON, where an earlier attempt has committed it. */
  readonly effect: string | undefined
  /**
   * Notes the effect's result as JSON, in the effect's own transaction.
   * @throws KeyInProgress where another attempt has taken over: the transaction has to be rolled back
   */
  record(tx: Queryable, effect: string): Promise<void>
  /** Notes `true` as the result, and keeps the statement from doing anything where another has taken over. */
  readonly note: Note
  /** Keeps the answer. @returns false where another attempt has taken over */
  keep(answer: string): Promise<boolean>
  /** Lets the next attempt begin at once. Never throws: the lease ends by itself, too. */
  release(): Promise<void>
}

/** Its effect, and whether it has come to it. */
type Running = Pick<Attempt, 'effect' | 'record' | 'note'> & { done: boolean }

const attempts = new AsyncLocalStorage<Running>()

/** Runs `work` so that the effect within it (effect.ts) belongs to this attempt. */
export function attempting<T>(attempt: Attempt, work: () => Promise<T>): Promise<T> {
  const { effect, record, note } = attempt
  return attempts.run({ effect, record, note, done: false }, work)
}

/** @returns the attempt that is running; undefined where there was no key */
export const currentAttempt = (): Running | undefined => attempts.getStore()
