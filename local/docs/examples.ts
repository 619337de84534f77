import type {
  JsonSchema,
  MediaType,
  OpenApi,
  Operation,
  Parameter,
} from '../../shared/platform/http/openapi-types.ts'
import { type Validator, validatorOf } from './ajv.ts'
import { fieldsOf, readSample, type Sample } from './samples.ts'
import { DETAILS, VALUES } from './values.ts'

const TRACE_ID = VALUES.TraceId
const nameOf = (ref: string) => ref.split('/').at(-1) ?? ''

/** Where a value stands: in which schema, under which name. */
type Place = { owner: string; field: string; within: readonly string[] }

/**
 * Makes examples of schemas. A value comes from {@link VALUES}, from the field of this name in the
 * sample events, or from the schema itself, whichever first fits.
 */
class Examples {
  /** Fields for which there was nothing. */
  readonly missing = new Set<string>()
  readonly #document: OpenApi
  readonly #fields: ReadonlyMap<string, unknown[]>
  readonly #wrong: Validator

  constructor(document: OpenApi, samples: Iterable<Sample>) {
    this.#document = document
    this.#fields = fieldsOf(samples)
    this.#wrong = validatorOf(document)
  }

  of(schema: JsonSchema, place: Partial<Place> = {}): unknown {
    const { owner = '', field = '', within = [] } = place
    const known = [VALUES[`${owner}.${field}`], VALUES[field], ...(this.#fields.get(field) ?? [])]
    const fitting = known.find(
      (value) => value !== undefined && this.#wrong(schema, value).length === 0,
    )
    if (fitting !== undefined) return fitting
    return this.#derive(schema, { owner, field, within })
  }

  #derive(schema: JsonSchema, place: Place): unknown {
    if (schema.$ref !== undefined) return this.#named(nameOf(schema.$ref), place)
    if (schema.const !== undefined) return schema.const
    if (schema.enum !== undefined) return schema.enum[0]
    if (schema.default !== undefined) return schema.default
    const [choice] = schema.anyOf ?? schema.oneOf ?? []
    if (choice !== undefined) return this.of(choice, place)
    const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
    switch (type) {
      case 'object':
        return this.#object(schema, place)
      case 'array':
        return this.#list(schema, place)
      case 'integer':
      case 'number':
        return Math.max(1, schema.minimum ?? 1)
      case 'boolean':
        return true
      case 'null':
        return null
      case 'string':
        this.missing.add(place.owner === '' ? place.field : `${place.owner}.${place.field}`)
        return '…'
      default:
        return {}
    }
  }

  #named(name: string, place: Place): unknown {
    return (
      VALUES[name] ??
      this.#derive(this.#document.components.schemas[name] ?? {}, {
        ...place,
        owner: name,
        within: [...place.within, name],
      })
    )
  }

  #object({ properties = {}, additionalProperties }: JsonSchema, place: Place): unknown {
    const members = Object.entries(properties).map(([field, member]) => [
      field,
      this.of(member, { ...place, field }),
    ])
    if (members.length === 0 && typeof additionalProperties === 'object')
      members.push([
        'key',
        this.of(additionalProperties, { ...place, field: `${place.field}.key` }),
      ])
    return Object.fromEntries(members)
  }

  /** A tree ends where it would begin again. */
  #list({ items = {} }: JsonSchema, place: Place): unknown[] {
    const again = items.$ref !== undefined && place.within.includes(nameOf(items.$ref))
    return again ? [] : [this.of(items, place)]
  }
}

/**
 * Puts an example on every parameter, body and answer of a document: requests as in events/, answers
 * made of their schemas.
 * @param names the function of each operation, by operationId
 * @returns the fields for which no example was found
 */
export function addExamples(document: OpenApi, names: ReadonlyMap<string, string>): string[] {
  const samples = new Map([...names].map(([id, name]) => [id, readSample(name)]))
  const examples = new Examples(document, samples.values())
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    if (VALUES[name] !== undefined) schema.examples = [VALUES[name]]
  }
  for (const operation of Object.values(document.paths).flatMap((each) => Object.values(each))) {
    const sample = samples.get(operation.operationId)
    describeRequest(operation, sample, examples)
    for (const [status, response] of Object.entries(operation.responses)) {
      if ('$ref' in response) continue
      for (const media of Object.values(response.content ?? {}))
        describeAnswer(media, `${operation.operationId} ${status}`, examples)
    }
  }
  for (const { content = {} } of Object.values(document.components.responses))
    for (const media of Object.values(content)) describeErrors(media)
  return [...examples.missing]
}

function describeRequest(operation: Operation, sample: Sample | undefined, examples: Examples) {
  for (const parameter of operation.parameters) {
    const example =
      sampled(parameter, sample) ?? examples.of(parameter.schema, { field: parameter.name })
    parameter.example = example
  }
  for (const media of Object.values(operation.requestBody?.content ?? {}))
    media.example = sample?.body ?? examples.of(media.schema)
}

/** Queries are text on the wire; the document says what they mean. */
function sampled({ name, in: place, schema }: Parameter, sample: Sample | undefined): unknown {
  const part = { path: sample?.params, query: sample?.query, header: sample?.headers }[place]
  const value = part?.[place === 'header' ? name.toLowerCase() : name]
  return value !== undefined && schema.type === 'integer' ? Number(value) : value
}

function describeAnswer(media: MediaType, field: string, examples: Examples) {
  describeErrors(media)
  const [schema = media.schema] = media.schema.anyOf ?? []
  const value = answerOf(schema, field, examples)
  if (media.examples === undefined) media.example = value
  else media.examples = { data: { value }, ...media.examples }
}

/** An example of a whole answer is one of its `data`, where it has an envelope. */
function answerOf(schema: JsonSchema, field: string, examples: Examples): unknown {
  const whole = examples.of(schema, { field })
  const data = VALUES[field]
  const enveloped = schema.properties?.data !== undefined
  return enveloped && data !== undefined ? { ...(whole as object), data } : whole
}

function describeErrors({ examples = {} }: MediaType) {
  for (const example of Object.values(examples)) {
    const failure = example.value as { code: number }
    const details = DETAILS[failure.code]
    example.value = { ...failure, traceId: TRACE_ID, ...(details === undefined ? {} : { details }) }
  }
}
