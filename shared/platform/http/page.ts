export type Page<T> = { items: T[]; nextCursor: string | null }

/**
 * A page of a list.
 * @param rows as many as fit on the page, and one more where there is one
 * @param cursorOf what the client sends to go on after a row
 */
export function pageOf<T>(
  rows: readonly T[],
  limit: number,
  cursorOf: (row: T) => string,
): Page<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last !== undefined ? cursorOf(last) : null }
}
