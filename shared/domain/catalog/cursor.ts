import * as z from 'zod/mini'
import { ValidationFailed } from '../../platform/errors/standard.ts'
import { Id } from '../../platform/http/fields.ts'
import { SORTS, type Sort } from './schemas.ts'

const Position = z.tuple([z.enum(SORTS), z.string().check(z.regex(/^\d{1,19}$/)), Id])

/** Where a page ended: the sorted value and the id of its last row. */
export type Position = { value: string; id: string }

/** Opaque to clients, so that what it holds can change. */
export function toCursor(sort: Sort, { value, id }: Position): string {
  return Buffer.from(JSON.stringify([sort, value, id])).toString('base64url')
}

/** @throws ValidationFailed where it is not a cursor of a list with this sort */
export function fromCursor(sort: Sort, cursor: string): Position {
  try {
    const json = Buffer.from(cursor, 'base64url').toString('utf8')
    const [of, value, id] = z.parse(Position, JSON.parse(json))
    if (of === sort) return { value, id }
  } catch {
    // Said below.
  }
  throw ValidationFailed.of([{ field: 'query.cursor', message: 'is not a cursor of this list' }])
}
