import type { ApiErrorClass } from '../../shared/platform/errors/api-error.ts'

type Json = { [name: string]: unknown }
type Schema = Json & { properties?: Record<string, Schema>; required?: string[] }
type Parameter = { name: string; in: string; required?: boolean; schema: Schema }
type Content = { content?: Record<string, { schema: Schema }> }
type Operation = {
  summary: string
  security?: unknown
  parameters?: Parameter[]
  requestBody?: Content & { required?: boolean }
  responses: Record<string, Content>
}

/** Words of JSON Schema that narrow a type further than TypeScript can say, or only describe it. */
const SILENT = new Set(
  (
    'title description default examples example format pattern minLength maxLength minimum maximum ' +
    'exclusiveMinimum exclusiveMaximum multipleOf minItems maxItems uniqueItems propertyNames $defs ' +
    'deprecated readOnly writeOnly contentMediaType contentEncoding minProperties maxProperties'
  ).split(' '),
)
const SPOKEN = new Set(
  '$ref type enum const anyOf oneOf allOf items prefixItems properties required additionalProperties'.split(
    ' ',
  ),
)

/**
 * The module that gives the client its types, made from the API's OpenAPI document.
 * @param document as `openapi()` makes it
 * @param errors every error that a route can answer with
 * @throws where the document says something that this does not understand
 */
export function clientModule(document: Json, errors: readonly ApiErrorClass[]): string {
  const types = new TypeWriter(document)
  const routes: string[] = []
  const signedIn: string[] = []
  const keyed: string[] = []
  const paths = document.paths as Record<string, Record<string, Operation>>
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const data = dataOf(operation)
      // Answers without our envelope are for others: browsers, tools, WeChat.
      if (data === undefined) continue
      const route = `'${method.toUpperCase()} ${path}'`
      if (operation.security !== undefined) signedIn.push(route)
      if (operation.parameters?.some(({ name }) => name === 'Idempotency-Key')) keyed.push(route)
      const answer = data.map((schema) => types.of(schema, '    '))
      routes.push(
        `  /** ${operation.summary} */\n  ${route}: {\n` +
          `    input: ${inputOf(operation, types)}\n` +
          `    data: ${[...new Set(answer)].join(' | ')}\n  }`,
      )
    }
  }
  const table = (names: string[]) => names.map((name) => `  ${name}: true,\n`).join('')
  return `// Made from docs/openapi.json by \`npm run docs\`; do not edit.

/** Every route of the API. */
export interface Routes {
${routes.join('\n')}
}
${types.declarations()}
/** What \`ApiError.code\` can be. */
export const codes = {
${codesOf(errors)}} as const

type Table = { readonly [route: string]: true | undefined }

/** Routes that need a signed-in user. */
export const signedInRoutes: Table = {
${table(signedIn)}}

/** Routes that take an Idempotency-Key. */
export const keyedRoutes: Table = {
${table(keyed)}}
`
}

function codesOf(errors: readonly ApiErrorClass[]): string {
  const named = new Map<string, ApiErrorClass>()
  for (const error of errors.toSorted((a, b) => a.code - b.code)) {
    const name = error.name.charAt(0).toLowerCase() + error.name.slice(1)
    const other = named.get(name)
    if (other !== undefined && other.code !== error.code)
      throw new Error(`${error.name} stands for ${other.code} and ${error.code}`)
    named.set(name, error)
  }
  const lines = [...named].map(
    ([name, { code, summary }]) => `  /** ${summary} */\n  ${name}: ${code},\n`,
  )
  return lines.join('')
}

const jsonOf = ({ content }: Content) => content?.['application/json']?.schema

/** The `data` of each good answer; undefined where one is not in the envelope. */
function dataOf({ responses }: Operation): Schema[] | undefined {
  const good = Object.entries(responses).filter(([status]) => status.startsWith('2'))
  const data = good.map(([, response]) => {
    const { properties = {} } = jsonOf(response) ?? {}
    return 'code' in properties && 'traceId' in properties ? properties.data : undefined
  })
  return data.every((schema) => schema !== undefined) ? data : undefined
}

function inputOf({ parameters = [], requestBody }: Operation, types: TypeWriter): string {
  const parts: string[] = []
  for (const [place, name] of [
    ['path', 'params'],
    ['query', 'query'],
  ]) {
    const members = parameters.filter((parameter) => parameter.in === place)
    if (members.length === 0) continue
    const fields = members.map(({ name, required, schema }) => {
      const type = inUrl(types.of(schema, ''), schema)
      return required ? `${name}: ${type}` : `${name}?: ${type} | undefined`
    })
    const optional = members.every(({ required }) => !required)
    parts.push(`      ${name}${optional ? '?' : ''}: { ${fields.join('; ')} }\n`)
  }
  const body = requestBody && jsonOf(requestBody)
  const mark = requestBody?.required === false ? '?' : ''
  if (body !== undefined) parts.push(`      body${mark}: ${types.of(body, '      ')}\n`)
  return parts.length === 0 ? '{}' : `{\n${parts.join('')}    }`
}

/** In a URL everything is text: where only digits are taken, a number will do as well. */
function inUrl(type: string, { pattern }: Schema): string {
  return type === 'string' && /^\^\[0-9\]\{/.test(String(pattern)) ? 'string | number' : type
}

/** Writes JSON Schema as TypeScript; what `$ref` names becomes a type with a name. */
class TypeWriter {
  readonly #document: Json
  readonly #named = new Map<Schema, { name: string; text: string }>()
  #defs: Record<string, Schema> = {}

  constructor(document: Json) {
    this.#document = document
  }

  declarations(): string {
    const texts = [...this.#named].map(([{ description }, { name, text }]) => {
      const about = typeof description === 'string' ? `/** ${description} */\n` : ''
      return `\n${about}export type ${name} = ${text}\n`
    })
    return [...new Set(texts)].join('')
  }

  /** @param indent of the line that the type begins in */
  of(schema: Schema, indent: string): string {
    const unknown = Object.keys(schema).find((word) => !SILENT.has(word) && !SPOKEN.has(word))
    if (unknown !== undefined) throw new Error(`JSON Schema: ${unknown} is not understood`)
    if (schema.$defs !== undefined) this.#defs = schema.$defs as Record<string, Schema>
    const { $ref, const: only, enum: oneOf, anyOf = schema.oneOf, allOf } = schema
    if (typeof $ref === 'string') return this.#reference($ref)
    if ('const' in schema) return literal(only)
    if (Array.isArray(oneOf)) return oneOf.map(literal).join(' | ')
    if (Array.isArray(anyOf)) return this.#joined(anyOf, ' | ', indent)
    if (Array.isArray(allOf)) return this.#joined(allOf, ' & ', indent)
    const kinds = [schema.type ?? 'any'].flat() as string[]
    return kinds.map((kind) => this.#kind(kind, schema, indent)).join(' | ')
  }

  #joined(schemas: Schema[], by: string, indent: string): string {
    const parts = schemas.map((schema) => this.of(schema, indent))
    return [...new Set(parts)].map((part) => (part.includes(' | ') ? `(${part})` : part)).join(by)
  }

  #kind(kind: string, schema: Schema, indent: string): string {
    switch (kind) {
      case 'object':
        return this.#object(schema, indent)
      case 'array':
        return this.#array(schema, indent)
      case 'integer':
        return 'number'
      case 'any':
        return 'unknown'
      case 'string':
      case 'number':
      case 'boolean':
      case 'null':
        return kind
      default:
        throw new Error(`JSON Schema: the type ${kind} is not understood`)
    }
  }

  #array({ items, prefixItems }: Schema, indent: string): string {
    if (Array.isArray(prefixItems))
      return `[${prefixItems.map((item) => this.of(item, indent)).join(', ')}]`
    return `Array<${this.of((items ?? {}) as Schema, indent)}>`
  }

  #object(schema: Schema, indent: string): string {
    const { properties = {}, required = [], additionalProperties: others } = schema
    const inner = `${indent}  `
    const fields = Object.entries(properties).map(([name, member]) => {
      const key = /^\w+$/.test(name) ? name : `'${name}'`
      const mark = required.includes(name) ? '' : '?'
      return `${inner}${key}${mark}: ${this.of(member, inner)}\n`
    })
    if (fields.length > 0) return `{\n${fields.join('')}${indent}}`
    const isMap = typeof others === 'object' && others !== null
    return isMap ? `Record<string, ${this.of(others as Schema, indent)}>` : 'Record<string, never>'
  }

  #reference(ref: string): string {
    const [, inDefs] = /^#\/\$defs\/(\w+)$/.exec(ref) ?? []
    const [, inComponents] = /^#\/components\/schemas\/(\w+)$/.exec(ref) ?? []
    const { schemas = {} } = (this.#document.components ?? {}) as {
      schemas?: Record<string, Schema>
    }
    const schema = inDefs ? this.#defs[inDefs] : schemas[inComponents ?? '']
    if (schema === undefined) throw new Error(`JSON Schema: ${ref} leads nowhere`)
    const name = (inComponents ?? inDefs ?? '').replace(/^_+s/, 'S')
    const known = this.#named.get(schema)
    if (known !== undefined) return known.name
    const entry = { name, text: '' }
    this.#named.set(schema, entry)
    entry.text = this.of(schema, '')
    return name
  }
}

const literal = (value: unknown) =>
  typeof value === 'string' ? `'${value.replaceAll("'", "\\'")}'` : JSON.stringify(value)
