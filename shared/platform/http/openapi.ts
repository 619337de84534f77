import * as z from 'zod/mini'
import type { ApiErrorClass } from '../errors/api-error.ts'
import {
  BodyTooLarge,
  InternalError,
  NotAllowed,
  NotSignedIn,
  SessionEnded,
  TokenExpired,
  Unavailable,
  ValidationFailed,
} from '../errors/standard.ts'
import type { RouteDefinition } from './definition.ts'

type Json = Record<string, unknown>

/** A schema as OpenAPI 3.1 takes it: JSON Schema 2020-12. */
function jsonSchema(schema: z.ZodMiniType, io: 'input' | 'output'): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return json
}

/** Every error that a route can answer with: its own, and those of the middlewares that it passes. */
export function errorsOf(definition: RouteDefinition): ApiErrorClass[] {
  const errors: ApiErrorClass[] = [ValidationFailed, ...(definition.errors ?? [])]
  if (definition.body !== undefined) errors.push(BodyTooLarge)
  if (definition.auth !== 'public') errors.push(NotSignedIn, TokenExpired, SessionEnded)
  if (definition.auth === 'admin') errors.push(NotAllowed)
  errors.push(InternalError, Unavailable)
  return [...new Set(errors)].toSorted((a, b) => a.code - b.code)
}

function parametersOf({ params, query, idempotent }: RouteDefinition): Json[] {
  const members = (schema: z.ZodMiniType | undefined, place: 'path' | 'query') => {
    if (schema === undefined) return []
    const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
      properties?: Record<string, Json>
      required?: string[]
    }
    return Object.entries(properties).map(([name, member]) => ({
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      schema: member,
    }))
  }
  const key = {
    name: 'Idempotency-Key',
    in: 'header',
    required: true,
    description: 'New for each order; the same key and body get the same answer for a day',
    schema: { type: 'string', minLength: 1, maxLength: 128 },
  }
  return [...members(params, 'path'), ...members(query, 'query'), ...(idempotent ? [key] : [])]
}

const content = (schema: Json) => ({ content: { 'application/json': { schema } } })

function responsesOf(definition: RouteDefinition): Json {
  const responses: Json = {}
  for (const [status, schema] of Object.entries(definition.replies)) {
    const data = jsonSchema(schema, 'output')
    const envelope = {
      type: 'object',
      required: ['code', 'message', 'data', 'traceId'],
      properties: {
        code: { type: 'integer' },
        message: { type: 'string' },
        data,
        traceId: { type: 'string' },
      },
    }
    responses[status] = {
      description: 'ok',
      ...content(definition.format === 'raw' ? data : envelope),
    }
  }
  for (const [status, errors] of Map.groupBy(errorsOf(definition), ({ code }) =>
    Math.floor(code / 100),
  )) {
    responses[status] ??= {
      description: errors.map(({ code, summary }) => `${code}: ${summary}`).join('\n\n'),
      ...content({ $ref: '#/components/schemas/Failure' }),
    }
  }
  return responses
}

const FAILURE: Json = {
  type: 'object',
  required: ['code', 'message', 'data', 'traceId'],
  properties: {
    code: { type: 'integer', description: 'HTTP status times 100 plus a stable number' },
    message: { type: 'string' },
    data: { type: 'null' },
    traceId: { type: 'string' },
    details: {},
  },
}

/**
 * The routes as an OpenAPI 3.1 document. For tools only: no function needs it.
 * @see https://spec.openapis.org/oas/v3.1.1.html
 */
export function openapi(definitions: readonly RouteDefinition[], version: string): Json {
  const paths: Record<string, Json> = {}
  const routes = definitions.filter(({ path }) => path !== '$default')
  for (const definition of routes.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const { path, method, summary, auth, body } = definition
    paths[path] ??= {}
    paths[path][method.toLowerCase()] = {
      summary,
      ...(auth === 'public' ? {} : { security: [{ accessToken: [] }] }),
      parameters: parametersOf(definition),
      ...(body === undefined
        ? {}
        : { requestBody: { required: true, ...content(jsonSchema(body, 'input')) } }),
      responses: responsesOf(definition),
    }
  }
  return {
    openapi: '3.1.1',
    info: { title: 'minimall', version, license: { name: 'MIT', identifier: 'MIT' } },
    paths,
    components: {
      schemas: { Failure: FAILURE },
      securitySchemes: { accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  }
}
