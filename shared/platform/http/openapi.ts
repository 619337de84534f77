import type { ApiErrorClass } from '../errors/api-error.ts'
import {
  BodyTooLarge,
  InternalError,
  KeyInProgress,
  KeyReused,
  NotAllowed,
  NotSignedIn,
  RateLimited,
  SessionEnded,
  TokenExpired,
  Unavailable,
  ValidationFailed,
} from '../errors/standard.ts'
import { TRACE_ID } from '../telemetry/scope.ts'
import { type RouteDefinition, takesKey } from './definition.ts'
import { JsonSchemas, type SchemaNames } from './json-schema.ts'
import type {
  JsonSchema,
  MediaType,
  OpenApi,
  Operation,
  Parameter,
  Response,
} from './openapi-types.ts'

/** A route and the name of its file below functions/, e.g. `orders/create`. */
export type NamedRoute = { name: string; definition: RouteDefinition }

type About = Pick<OpenApi, 'info' | 'tags'> & { names: SchemaNames }

/** The name of a function in serverless.yml, and of its operation: `auth/end-session` → `authEndSession`. */
export const operationIdOf = (name: string): string =>
  name.replace(/[/-](\w)/g, (_, letter: string) => letter.toUpperCase())

/** Every error that a route can answer with: its own, and those of the middlewares that it passes. */
export function errorsOf(definition: RouteDefinition): ApiErrorClass[] {
  const errors: ApiErrorClass[] = [ValidationFailed, ...(definition.errors ?? [])]
  if (definition.method !== 'GET') errors.push(BodyTooLarge)
  if (definition.auth !== 'public') errors.push(NotSignedIn, TokenExpired, SessionEnded)
  if (definition.auth === 'admin') errors.push(NotAllowed)
  if (definition.limit !== undefined) errors.push(RateLimited)
  if (takesKey(definition)) errors.push(KeyInProgress, KeyReused)
  errors.push(InternalError, Unavailable)
  return [...new Set(errors)].toSorted((a, b) => a.code - b.code)
}

const JSON_TYPE = 'application/json'
const TRACE: JsonSchema = { $ref: '#/components/schemas/TraceId' }
const MEANINGS: Record<string, string> = {
  200: 'Done',
  201: 'Made',
  202: 'Accepted: done later',
  204: 'Done',
  304: 'Not modified: what the client has is still right',
}

const LIMIT_HEADERS = {
  RateLimit: { $ref: '#/components/headers/RateLimit' },
  'RateLimit-Policy': { $ref: '#/components/headers/RateLimitPolicy' },
}

/** Errors of a limited route have the headers of its limit too, but many routes share their description. */
const headersOf = (status: number, limited: boolean): Response['headers'] => ({
  'X-Trace-ID': { $ref: '#/components/headers/TraceId' },
  ...([429, 503].includes(status)
    ? { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } }
    : {}),
  ...(limited ? LIMIT_HEADERS : {}),
})

const envelopeOf = (code: JsonSchema, message: JsonSchema, data: JsonSchema): JsonSchema => ({
  type: 'object',
  required: ['code', 'message', 'data', 'traceId'],
  properties: { code, message, data, traceId: TRACE },
  additionalProperties: false,
})

/** `data` of a status that is an error as well (health) comes with the first code of that status. */
const success = (status: number, data: JsonSchema) => {
  const [code, message] = status < 400 ? [0, 'ok'] : [status * 100 + 1, 'failed']
  return envelopeOf({ type: 'integer', const: code }, { type: 'string', const: message }, data)
}

function reply(status: number, definition: RouteDefinition, schemas: JsonSchemas): Response {
  const schema = definition.replies[status]
  const description = MEANINGS[status] ?? (status < 500 ? 'Refused' : 'Not now')
  const base = { description, headers: headersOf(status, definition.limit !== undefined) }
  if (schema === undefined || schema._zod.def.type === 'void') return base
  const data = schemas.of(schema, 'output')
  if (definition.format !== 'raw')
    return { ...base, content: { [JSON_TYPE]: { schema: success(status, data) } } }
  const type = definition.contentType?.split(';')[0] ?? JSON_TYPE
  return { ...base, content: { [type]: { schema: data } } }
}

/** An answer with one of some errors of the same status. */
function failure(errors: readonly ApiErrorClass[]): Response {
  const codes = errors.map(({ code }) => code)
  const status = Math.floor((codes[0] ?? 0) / 100)
  const schema: JsonSchema = {
    $ref: '#/components/schemas/Failure',
    properties: { code: { enum: codes } },
  }
  const examples = errors.map(({ name, code, summary }) => [
    name,
    { summary: `${code}`, value: { code, message: summary, data: null } },
  ])
  return {
    description: errors.map(({ code, summary }) => `${code}: ${summary}`).join('\n\n'),
    headers: headersOf(status, status === 429),
    content: { [JSON_TYPE]: { schema, examples: Object.fromEntries(examples) } },
  }
}

/** Both: a status with data of its own that the middlewares answer with as well. */
function either(one: Response, other: Response): Response {
  if (one.content === undefined) return other
  const media = (response: Response) => response.content?.[JSON_TYPE] as MediaType
  return {
    ...one,
    description: `${one.description}, or ${other.description}`,
    content: {
      [JSON_TYPE]: { ...media(other), schema: { anyOf: [media(one).schema, media(other).schema] } },
    },
  }
}

function parametersOf(definition: RouteDefinition, schemas: JsonSchemas) {
  const { params, query, idempotent } = definition
  const members = (schema: RouteDefinition['query'], place: 'path' | 'query'): Parameter[] => {
    if (schema === undefined) return []
    const { properties = {}, required = [] } = schemas.members(schema)
    return Object.entries(properties).map(([name, member]) => ({
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      schema: member,
    }))
  }
  const key: Parameter = {
    name: 'Idempotency-Key',
    in: 'header',
    required: idempotent === true,
    description:
      'New for each request, the same when it is sent again: the same key and request get the same ' +
      'answer for a day, and are done once',
    schema: { type: 'string', minLength: 1, maxLength: 128, pattern: '^[\\x21-\\x7e]+$' },
  }
  return [
    ...members(params, 'path'),
    ...members(query, 'query'),
    ...(takesKey(definition) ? [key] : []),
  ]
}

/**
 * The routes as an OpenAPI 3.1 document. For tools only: functions get what it made.
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function openapi(routes: readonly NamedRoute[], { info, tags, names }: About): OpenApi {
  const schemas = new JsonSchemas(names)
  const shared: Record<string, Response> = {}

  const responsesOf = (definition: RouteDefinition): Operation['responses'] => {
    const responses: Operation['responses'] = {}
    for (const status of Object.keys(definition.replies))
      responses[status] = reply(Number(status), definition, schemas)
    const byStatus = Map.groupBy(errorsOf(definition), ({ code }) => Math.floor(code / 100))
    for (const [status, errors] of byStatus) {
      const own = responses[status] as Response | undefined
      const name = errors.map((error) => error.name).join('-')
      if (own === undefined) {
        shared[name] ??= failure(errors)
        responses[status] = { $ref: `#/components/responses/${name}` }
      } else responses[status] = either(own, failure(errors))
    }
    return responses
  }

  const operationOf = ({ name, definition }: NamedRoute): Operation => {
    const { summary, auth, body } = definition
    return {
      operationId: operationIdOf(name),
      tags: [name.split('/')[0] ?? name],
      summary,
      ...(auth === 'admin' ? { description: 'For admins only.' } : {}),
      ...(auth === 'public' ? {} : { security: [{ accessToken: [] }] }),
      parameters: parametersOf(definition, schemas),
      ...(body === undefined
        ? {}
        : {
            requestBody: {
              required: !body.safeParse(undefined).success,
              content: { [JSON_TYPE]: { schema: schemas.of(body, 'input') } },
            },
          }),
      responses: responsesOf(definition),
    }
  }

  const paths: OpenApi['paths'] = {}
  const described = routes.filter(({ definition }) => definition.path !== '$default')
  for (const route of described.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))) {
    const { path, method } = route.definition
    paths[path] ??= {}
    paths[path][method.toLowerCase()] = operationOf(route)
  }
  const used = new Set(described.map(({ name }) => name.split('/')[0]))
  return schemas.settle({
    openapi: '3.1.1',
    info,
    servers: [{ url: '/' }],
    tags: tags.filter(({ name }) => used.has(name)),
    paths,
    components: {
      schemas: { Failure: FAILURE, TraceId: TRACE_ID_SCHEMA },
      responses: Object.fromEntries(Object.entries(shared).toSorted()),
      headers: HEADERS,
      securitySchemes: {
        accessToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'An access token of POST /api/auth/login, good for 15 minutes',
        },
      },
    },
  })
}

const keyOf = ({ definition }: NamedRoute) => `${definition.path} ${definition.method}`

const TRACE_ID_SCHEMA: JsonSchema = {
  type: 'string',
  pattern: TRACE_ID.source,
  description: 'Names this request in every log line and message that it causes',
}

const FAILURE: JsonSchema = {
  type: 'object',
  description: 'What every error answers: clients switch on `code`, never on the text',
  required: ['code', 'message', 'data', 'traceId'],
  properties: {
    code: { type: 'integer', description: 'HTTP status times 100 plus a stable number' },
    message: { type: 'string' },
    data: { type: 'null' },
    traceId: TRACE,
    details: { description: 'What exactly is wrong, where there is more to say' },
  },
  additionalProperties: false,
}

const HEADERS: OpenApi['components']['headers'] = {
  TraceId: {
    description: "The request's own X-Trace-ID, or a new one",
    required: true,
    schema: TRACE,
  },
  RetryAfter: {
    description: 'Seconds after which a retry makes sense',
    required: true,
    schema: { type: 'string', pattern: '^[0-9]+$' },
  },
  RateLimit: {
    description:
      'How the limits stand: requests left (`r`), and seconds until all are again, or until the next one ' +
      'where none is (`t`). An estimate (draft-ietf-httpapi-ratelimit-headers-10)',
    required: true,
    schema: {
      type: 'string',
      pattern: '^"[a-z]+";r=[0-9]+;t=[0-9]+(, "[a-z]+";r=[0-9]+;t=[0-9]+)*$',
    },
  },
  RateLimitPolicy: {
    description:
      'The limits of the whole shop, of an address, of a user: `q` requests at once, back in full in `w` ' +
      'seconds (draft-ietf-httpapi-ratelimit-headers-10)',
    required: true,
    schema: {
      type: 'string',
      pattern: '^"[a-z]+";q=[0-9]+;w=[0-9]+(, "[a-z]+";q=[0-9]+;w=[0-9]+)*$',
    },
  },
}
