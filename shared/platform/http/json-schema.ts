import * as z from 'zod/mini'
import { Email, page } from './fields.ts'
import type { JsonSchema } from './openapi-types.ts'

type Schema = z.ZodMiniType
type Named = JsonSchema & { id?: string }
type Io = 'input' | 'output'

/** Schemas that are described once, under `#/components/schemas/`, and referred to by name. */
export type SchemaNames = z.core.$ZodRegistry<{ id: string; description?: string }>

/** What goes over the wire, where the schema of a field begins with what becomes of it. */
const ON_THE_WIRE = new Map<unknown, JsonSchema>([
  [page.limit, { type: 'integer', minimum: 1, maximum: 100, default: 20 }],
  [Email, { type: 'string', format: 'email', maxLength: 254 }],
])

/** A schema in a list, so that one with a name of its own is a reference like any other. */
function convert(schema: Schema, io: Io, names: SchemaNames) {
  const { items, $defs = {} } = z.toJSONSchema(z.array(schema), {
    io,
    metadata: names,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const wire = io === 'input' ? ON_THE_WIRE.get(zodSchema) : undefined
      if (wire === undefined) return
      delete jsonSchema.pattern
      Object.assign(jsonSchema, wire)
    },
  })
  return { json: items as JsonSchema, named: Object.entries($defs as Record<string, Named>) }
}

/**
 * Turns schemas of zod into JSON Schema 2020-12, and collects those with a name. Under which name a
 * reference finds it is known when all are there: `settle` writes it.
 */
export class JsonSchemas {
  readonly #names: SchemaNames
  readonly #found = {
    input: new Map<string, Named>(),
    output: new Map<string, Named>(),
  }

  constructor(names: SchemaNames) {
    this.#names = names
  }

  /** @param io whether this is the form of a request or of an answer */
  of(schema: Schema, io: Io): JsonSchema {
    const { json, named } = convert(schema, io, this.#names)
    return this.#keep(json, named, io)
  }

  /** The members of an object in path or query; the object itself needs no name. */
  members(schema: Schema): JsonSchema {
    const { json, named } = convert(schema, 'input', this.#names)
    const root = json.$ref?.slice('#/$defs/'.length)
    const others = named.filter(([name]) => name !== root)
    return this.#keep(named.find(([name]) => name === root)?.[1] ?? json, others, 'input')
  }

  #keep(json: JsonSchema, named: [string, Named][], io: Io): JsonSchema {
    for (const [name, body] of named) this.#found[io].set(name, marked(body, io))
    return marked(json, io)
  }

  /** A document with the named schemas under `#/components/schemas/`, and every reference to them. */
  settle<T extends { components: { schemas: Record<string, JsonSchema> } }>(document: T): T {
    const split = this.#differing()
    const called = (name: string, io: string) =>
      io === 'input' && split.has(name) ? `${name}Input` : name
    const schemas = (['output', 'input'] as const).flatMap((io) =>
      [...this.#found[io]].map(([name, { id: _, ...json }]) => [called(name, io), json]),
    )
    const whole = structuredClone(document)
    Object.assign(whole.components.schemas, Object.fromEntries(schemas.toSorted()))
    return JSON.parse(
      JSON.stringify(whole).replace(
        /"#\/(input|output)\/(\w+)"/g,
        (_, io: string, name: string) => `"#/components/schemas/${called(name, io)}"`,
      ),
    )
  }

  /** Names with one form on the way in and another on the way out (defaults, unknown fields). */
  #differing(): ReadonlySet<string> {
    const split = new Set<string>()
    for (let before = -1; before < split.size; ) {
      before = split.size
      for (const [name, json] of this.#found.input) {
        const other = this.#found.output.get(name)
        const text = JSON.stringify(json)
        const refersToSplit = [...split].some((each) => text.includes(`"#/input/${each}"`))
        const same = text.replaceAll('"#/input/', '"#/output/') === JSON.stringify(other)
        if (other !== undefined && (refersToSplit || !same)) split.add(name)
      }
    }
    return split
  }
}

/** References that say whether they mean the form of a request or of an answer. */
const marked = (json: Named, io: Io): Named =>
  JSON.parse(JSON.stringify(json).replaceAll('"#/$defs/', `"#/${io}/`))
