/**
 * A statement's shape: what all statements of one kind have in common, however many rows or values they
 * are given. Takes text with placeholders; repeats are written as `…`.
 */
export function shapeOf(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/\?(?:, ?\?)+/g, '?, …')
    .replace(/(\([^()]*\))(?:, ?\([^()]*\))+/g, '$1, …')
    .replace(/( WHEN \? THEN \?)(?: WHEN \? THEN \?)+/g, '$1 …')
    .replace(/(\(SELECT .*?\))(?: UNION ALL \1)+/g, '$1 UNION ALL …')
}
