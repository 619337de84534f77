import { DatabaseError } from '@planetscale/database'
import { Unavailable } from '../errors/standard.ts'

/** What MySQL calls the failures that the code tells apart. */
const ERRNO = { duplicate: 1062, lockWait: 1205, deadlock: 1213, outOfRange: 1690 } as const

/** A statement failed. Holds the server's number for it and no SQL: values stand in SQL. */
export class StatementFailed extends Error {
  override readonly name = 'StatementFailed'
  readonly errno: number | undefined

  constructor(errno: number | undefined) {
    super(errno === undefined ? 'the statement failed' : `the statement failed with errno ${errno}`)
    this.errno = errno
  }
}

/** COMMIT was sent and its answer never came: the transaction may have happened. Read back by id. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown'
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
    const errno = /\(errno (\d+)\)/.exec(error.message)?.[1]
    if (errno !== undefined && Number(errno) < 2000) return new StatementFailed(Number(errno))
    return Unavailable.because('database', new Error(`answered ${error.status}`))
  }
  const name = error instanceof Error ? error.name : 'unknown'
  return Unavailable.because('database', new Error(`call failed: ${name}`))
}
