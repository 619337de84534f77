import sql, { join, raw, Sql } from 'sql-template-tag'

/** SQL as text with placeholders; `${value}` is always bound, never pasted. */
export { join, raw, Sql, sql }

/** `(a, b), (c, d)` for the VALUES of a multi-row INSERT. @throws where `rows` is empty */
export function rowsOf(rows: readonly (readonly unknown[])[]): Sql {
  return join(rows.map((row) => join(row as unknown[], ', ', '(', ')')))
}

/** `a, b, c` for an IN list. @throws where `values` is empty */
export function listOf(values: readonly unknown[]): Sql {
  return join(values as unknown[])
}

/** Conditions joined by AND. */
export function all(conditions: readonly Sql[]): Sql {
  return join(conditions as Sql[], ' AND ')
}
