import { DatabaseError } from '@planetscale/database'
import { Unavailable } from '../errors/standard.ts'

/** What MySQL calls the failures that the code tells apart. */
const ERRNO = { duplicate: 1062, lockWait: 1205, deadlock: 1213 } as const

/**
 * Errors by which a server says that it is away, overloaded, failing over or out of time, not that
 * the statement is wrong. Vitess gives 1105 for what MySQL has no number for (above all gRPC's
 * "unavailable"), 1317 for what it cancelled or aborted, and 1041 and 1203 where a pool is used up.
 * @see https://github.com/vitessio/vitess/blob/main/go/mysql/sqlerror/sql_error.go
 * @see https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html
 */
const AWAY = new Set([
  1040, 1041, 1053, 1105, 1203, 1226, 1290, 1317, 1836, 1927, 1969, 3024, 3168, 3169,
])
/** Numbers that MySQL's clients, not its servers, give: the connection was lost or never made. */
const isOfClient = (errno: number) => errno >= 2000 && errno < 3000

/** A statement failed. Holds the server's number for it and no SQL: values stand in SQL. */
export class StatementFailed extends Error {
  override readonly name = 'StatementFailed'
  readonly errno: number

  constructor(errno: number) {
    super(`the statement failed with errno ${errno}`)
    this.errno = errno
  }
}

/**
 * 503: COMMIT was sent and its answer never came, so the transaction may have happened: read back by
 * id. To a client it is an outage like any other: nothing else can be said.
 */
export class OutcomeUnknown extends Unavailable {
  /** @param cause what COMMIT failed with */
  static after(cause: unknown): OutcomeUnknown {
    return new OutcomeUnknown(undefined, { cause, retryAfterSeconds: 1 })
  }
}

/** @returns true where a row with the same unique key exists already */
export function isDuplicate(error: unknown): boolean {
  return error instanceof StatementFailed && error.errno === ERRNO.duplicate
}

/** @returns true where the same transaction may succeed when it is run again */
export function isRetryable(error: unknown): boolean {
  return (
    error instanceof StatementFailed &&
    (error.errno === ERRNO.deadlock || error.errno === ERRNO.lockWait)
  )
}

/** Sorts what the driver throws into a refused statement or an outage, without the statement's text. */
export function toDatabaseFailure(error: unknown): Error {
  if (error instanceof DatabaseError) {
    const errno = Number(/\(errno (\d+)\)/.exec(error.message)?.[1] ?? Number.NaN)
    const away = Number.isNaN(errno) || AWAY.has(errno) || isOfClient(errno)
    if (!away) return new StatementFailed(errno)
    const said = `answered ${error.status}, errno ${Number.isNaN(errno) ? 'none' : errno}`
    return Unavailable.because('database', new Error(said))
  }
  const name = error instanceof Error ? error.name : 'unknown'
  return Unavailable.because('database', new Error(`call failed: ${name}`))
}
