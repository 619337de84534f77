import { currentScope, type Scope } from '../telemetry/scope.ts'

/** Made once per invocation, not once per statement. */
const comments = new WeakMap<Scope, string>()

/**
 * Appends who asks, in sqlcommenter's format, so that the server's own logs can be joined with ours and
 * PlanetScale's Insights group by route. Outside of an invocation the statement stays as it is.
 */
export function commented(statement: string): string {
  const scope = currentScope()
  if (scope === undefined) return statement
  let comment = comments.get(scope)
  if (comment === undefined) {
    comment = ` ${commentOf({ route: scope.route, traceId: scope.traceId })}`
    comments.set(scope, comment)
  }
  return statement + comment
}

/**
 * Keys sorted, values URL-encoded. What URL encoding leaves but sqlcommenter escapes (the quote), or
 * could end a comment, is encoded too: no value leaves its quotes or the comment, whatever it is.
 * @see https://google.github.io/sqlcommenter/spec/
 */
export function commentOf(tags: Readonly<Record<string, string | undefined>>): string {
  const pairs = Object.entries(tags)
    .filter((pair): pair is [string, string] => pair[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${encode(key)}='${encode(value)}'`)
  return `/*${pairs.join(',')}*/`
}

function encode(text: string): string {
  // As RFC 3986 reserves them; encodeURIComponent throws on halves of characters.
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
