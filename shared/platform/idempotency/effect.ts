import type { Database, Queryable } from '../database/database.ts'
import { currentAttempt, NO_NOTE, type Note } from './attempt.ts'

type Options<Prepared> = {
  /**
   * What comes before the transaction: asks others, refuses. Left out where the effect has been
   * committed before: what it finds may be changed by that very effect.
   */
  prepare?(): Promise<Prepared>
  /** `work` is one statement: without a key it needs no transaction around it. */
  single?: boolean
}

/**
 * What a request is asked to do, once per Idempotency-Key: as `database.transaction` does it, and where
 * the request has a key its result is noted in the same transaction. An attempt after one that was cut
 * off gets that result, and does nothing; one that comes late, after another has taken over, is rolled
 * back. A request has one effect; whatever it does besides must be safe to do again.
 *
 * Without a key (jobs, other calls) it costs nothing.
 * @param work returns what JSON can hold; with a key its caller gets it as JSON has it
 * @throws KeyInProgress where another attempt has taken over; what `prepare` and `work` throw, and then
 *   nothing was changed
 */
export async function effect<T, Prepared = undefined>(
  database: Database,
  work: (tx: Queryable, prepared: Prepared) => Promise<T>,
  { prepare, single = false }: Options<Prepared> = {},
): Promise<T> {
  const attempt = begin()
  if (attempt?.effect !== undefined) return JSON.parse(attempt.effect) as T
  const prepared = (await prepare?.()) as Prepared
  if (attempt === undefined) {
    return single ? work(database, prepared) : database.transaction((tx) => work(tx, prepared))
  }
  const result = await database.transaction(async (tx) => {
    const json = JSON.stringify(await work(tx, prepared)) ?? 'null'
    await attempt.record(tx, json)
    return json
  })
  attempt.done = true
  return JSON.parse(result) as T
}

/**
 * As {@link effect} for one UPDATE of rows for which many queue: it notes by itself that it was done, so
 * that no lock is held for a round trip.
 * @param work makes the pieces of the note part of its statement
 * @returns whether it changed anything; where another attempt has taken over it has not
 * @throws what `prepare` and `work` throw
 */
export async function effectInOneUpdate(
  work: (note: Note) => Promise<boolean>,
  prepare: () => Promise<void>,
): Promise<boolean> {
  const attempt = begin()
  if (attempt?.effect !== undefined) return true
  await prepare()
  const changed = await work(attempt?.note ?? NO_NOTE)
  if (attempt !== undefined) attempt.done = changed
  return changed
}

/** @returns the attempt that is running, done where it only has to hear of its result */
function begin() {
  const attempt = currentAttempt()
  if (attempt?.done) throw new Error('a request with an Idempotency-Key has more than one effect')
  if (attempt?.effect !== undefined) attempt.done = true
  return attempt
}
