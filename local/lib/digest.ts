import { shapeOf } from '../../shared/platform/database/shape.ts'

const COMMENT = /\s*\/\*((?:[\w.~%-]+='[^']*',?)+)\*\/\s*$/
const TEXT = /'(?:[^'\\]|\\[\s\S]|'')*'/g
/** As the driver writes values that are neither texts nor numbers; code writes NULL and TRUE. */
const BARE = /\b(?:null|true|false|0x[\da-f]+)\b/g
/** With the sign that belongs to it, not the one between two numbers; keywords are in capitals. */
const NUMBER = /(?:(?<=[-+*/=<>(,A-Z] ?)-)?(?<![\w.`?])\d+(?:\.\d+)?(?:e[-+]?\d+)?\b/g

/** @returns a statement without its comment, and the tags that stood in it */
export function withoutComment(sql: string): { text: string; tags: Record<string, string> } {
  const [whole, pairs] = COMMENT.exec(sql) ?? []
  if (whole === undefined || pairs === undefined) return { text: sql, tags: {} }
  const tags = [...pairs.matchAll(/([\w.~%-]+)='([^']*)'/g)].map(([, key = '', value = '']) => [
    key,
    decoded(value),
  ])
  return { text: sql.slice(0, -whole.length), tags: Object.fromEntries(tags) }
}

/** Others write comments too, and not always well. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/**
 * @param sql a statement as a server gets it, with values
 * @param keeps which texts stay as they are; left out: none
 * @returns its shape, with placeholders for values
 */
export function digestOf(sql: string, keeps: (text: string) => boolean = () => false): string {
  return shapeOf(
    withoutComment(sql)
      .text.replace(TEXT, (text) => (keeps(text) ? text : '?'))
      .replace(BARE, '?')
      .replace(NUMBER, '?'),
  )
}
