/** HTML that may go out as it is. Only {@link html} makes it. */
export class Html {
  readonly source: string

  constructor(source: string) {
    this.source = source
  }
}

type Part = string | number | Html | readonly Html[]

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '')

function sourceOf(part: Part): string {
  if (part instanceof Html) return part.source
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part))
  return part.map(({ source }) => source).join('')
}

/**
 * A template of HTML: whatever stands in `${}` is text and is escaped, but for what this function
 * made itself. Attributes that hold `${}` must be in quotes.
 */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(
    literals.reduce((all, literal, index) => `${all}${sourceOf(parts[index - 1] ?? '')}${literal}`),
  )
}
