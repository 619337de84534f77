import * as z from 'zod/mini'

/** The form of fields that more than one route has. */

const MAX_ID = 2n ** 63n - 1n

/** An id made by the database, as a string of digits. */
export const Id = z.string().check(
  z.regex(/^[1-9][0-9]{0,18}$/, 'must be an id: digits'),
  z.refine((id) => !/^[0-9]{1,19}$/.test(id) || BigInt(id) <= MAX_ID, 'is not an id'),
)

/** A ULID: orders, campaigns. */
export const Ulid = z
  .string()
  .check(z.regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, 'must be an id of 26 characters'))

/** The largest amount, in fen: a hundred million yuan. */
export const MAX_FEN = 100_000_000_00

/** Whole fen. */
export const Fen = z.int().check(z.gte(0), z.lte(MAX_FEN))

/** ISO 8601 in UTC. */
export const Time = z.iso.datetime()

/** An e-mail address, in lower case. */
export const Email = z.pipe(
  z.string().check(z.trim(), z.toLowerCase(), z.maxLength(254)),
  z.email('must be an e-mail address'),
)

/** `{id}` in the path. */
export const ById = z.strictObject({ id: Id })
export const ByUlid = z.strictObject({ id: Ulid })

/** Text of a length, without the control characters, and those that turn text round, that no shop text needs. */
export const text = (from: number, to: number) =>
  z
    .string()
    .check(
      z.trim(),
      z.minLength(from),
      z.maxLength(to),
      z.regex(/^[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]*$/u, 'must not hold control characters'),
    )

/** `limit` and `cursor` of every list. */
export const page = {
  limit: z._default(
    z.pipe(
      z.string().check(z.regex(/^[0-9]{1,3}$/, 'must be a whole number from 1 to 100')),
      z.pipe(z.transform(Number), z.int().check(z.gte(1), z.lte(100))),
    ),
    20,
  ),
  cursor: z.optional(z.string().check(z.minLength(1), z.maxLength(200))),
}

/** A page of a list. */
export const listOf = <T extends z.ZodMiniType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.nullable(z.string()) })
