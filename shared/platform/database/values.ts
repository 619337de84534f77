import { cast, type Field } from '@planetscale/database'

const DATE_TIME = new Set(['DATETIME', 'TIMESTAMP'])

/**
 * Turns a column into its JavaScript value: DATETIME (kept in UTC) into a Date, JSON parsed, BIGINT
 * and DECIMAL as strings so that no digit is lost, all else as the driver does.
 */
export function fromColumn(field: Field, value: string | null): unknown {
  if (value !== null && DATE_TIME.has(field.type)) return new Date(`${value.replace(' ', 'T')}Z`)
  return cast(field, value)
}

/** Fen as kept in BIGINT columns. @throws RangeError beyond 2^53, where a number would lose fen */
export function fen(column: string): number {
  const value = Number(column)
  if (!Number.isSafeInteger(value)) throw new RangeError('an amount beyond 2^53 fen')
  return value
}
