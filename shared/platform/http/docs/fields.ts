import type { JsonSchema, OpenApi } from '../openapi-types.ts'
import { type Html, html, inline } from './html.ts'

const nameOf = (ref: string) => ref.split('/').at(-1) ?? ''

/** What a schema is, in a few words: `array of Id`, `string | null`, `"ok"`. */
export function typeOf(schema: JsonSchema): Html {
  const { $ref, type, items, anyOf, oneOf, additionalProperties } = schema
  if ($ref !== undefined) return html`<a href="#schema-${nameOf($ref)}">${nameOf($ref)}</a>`
  if (schema.const !== undefined) return html`${JSON.stringify(schema.const)}`
  if (schema.enum !== undefined)
    return html`${schema.enum.map((each) => JSON.stringify(each)).join(' | ')}`
  const choices = anyOf ?? oneOf
  if (choices !== undefined)
    return html`${choices.map((each, index) => [index > 0 && ' | ', typeOf(each)])}`
  if (type === 'array') return html`array of ${typeOf(items ?? {})}`
  if (type === 'object' && typeof additionalProperties === 'object')
    return html`map of ${typeOf(additionalProperties)}`
  if (Array.isArray(type)) return html`${type.join(' | ')}`
  return html`${type ?? 'anything'}`
}

const from = (low: number | undefined, high: number | undefined, unit: string) => {
  if (low !== undefined && high !== undefined) return `${low} to ${high}${unit}`
  if (low !== undefined) return `at least ${low}${unit}`
  return high === undefined ? undefined : `at most ${high}${unit}`
}

/** Numbers beyond those that JSON can hold are no limit that anybody has to know. */
const limit = (value: number | undefined) =>
  value === undefined || Math.abs(value) >= Number.MAX_SAFE_INTEGER ? undefined : value

/** What a value has to keep, beyond its type. */
function rulesOf(schema: JsonSchema): string[] {
  const rules = [
    from(schema.minLength, schema.maxLength, ' characters'),
    from(schema.minItems, schema.maxItems, ' items'),
    from(limit(schema.minimum), limit(schema.maximum), ''),
    schema.format,
    schema.default === undefined ? undefined : `default ${JSON.stringify(schema.default)}`,
    // A format says it better, and patterns of formats are long.
    schema.pattern === undefined || schema.format !== undefined ? undefined : schema.pattern,
  ]
  return rules.filter((rule) => rule !== undefined)
}

/** The object in a list, or in one of several choices: its fields are worth a table of their own. */
function innerObject(schema: JsonSchema): JsonSchema | undefined {
  if (schema.properties !== undefined) return schema
  return [schema.items, ...(schema.anyOf ?? [])].find((each) => each?.properties !== undefined)
}

/** @param use how it is used here: whether it must be there, and where, if not in a body */
export function fieldRow(
  name: string,
  schema: JsonSchema,
  use: { required: boolean; in?: string; description?: string },
): Html {
  const inner = innerObject(schema)
  const about = schema.description ?? use.description
  return html`<tr><th scope="row"><code>${name}</code>${use.in !== undefined && html` <small>${use.in}</small>`}${!use.required && html` <small>optional</small>`}</th>
<td><span class="type">${inner === undefined ? typeOf(schema) : (schema.type ?? 'object')}</span>
${rulesOf(schema).map((rule) => html` <small>${rule}</small>`)}
${about !== undefined && html`<div>${inline(about)}</div>`}
${inner !== undefined && fieldTable(inner)}</td></tr>`
}

function fieldTable({ properties = {}, required = [] }: JsonSchema): Html {
  const rows = Object.entries(properties).map(([name, member]) =>
    fieldRow(name, member, { required: required.includes(name) }),
  )
  return html`<table>${rows}</table>`
}

/** The fields of a schema, or what it is where it has none. One with a name shows its fields here too. */
export function fieldsOf(schema: JsonSchema, document: OpenApi): Html {
  const target = schema.items ?? schema
  const named =
    target.$ref === undefined ? target : document.components.schemas[nameOf(target.$ref)]
  const inner = innerObject(named ?? {})
  const type = html`<p class="type">${typeOf(schema)} ${rulesOf(schema).join(', ')}</p>`
  return html`${target.$ref !== undefined || inner === undefined ? type : ''}${inner !== undefined && fieldTable(inner)}`
}
