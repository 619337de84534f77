/** The parts of OpenAPI 3.1 that our document has. @see https://spec.openapis.org/oas/v3.1.1.html */

export type Json = Record<string, unknown>

export type JsonSchema = {
  $ref?: string
  type?: string | string[]
  description?: string
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: boolean | JsonSchema
  propertyNames?: JsonSchema
  items?: JsonSchema
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  allOf?: JsonSchema[]
  enum?: unknown[]
  const?: unknown
  default?: unknown
  examples?: unknown[]
  format?: string
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  exclusiveMaximum?: number
  minItems?: number
  maxItems?: number
}

export type Example = { summary?: string; value: unknown }

export type MediaType = {
  schema: JsonSchema
  example?: unknown
  examples?: Record<string, Example>
}

export type Parameter = {
  name: string
  in: 'path' | 'query' | 'header'
  required: boolean
  description?: string
  schema: JsonSchema
  example?: unknown
}

export type Header = { description: string; required?: boolean; schema: JsonSchema }

export type Response = {
  description: string
  headers: Record<string, { $ref: string }>
  content?: Record<string, MediaType>
}

export type Operation = {
  operationId: string
  tags: string[]
  summary: string
  description?: string
  security?: Record<string, string[]>[]
  parameters: Parameter[]
  requestBody?: { required: boolean; content: Record<string, MediaType> }
  responses: Record<string, Response | { $ref: string }>
}

export type OpenApi = {
  openapi: string
  info: { title: string; version: string; description: string; license: Json }
  servers: { url: string }[]
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, Operation>>
  components: {
    schemas: Record<string, JsonSchema>
    responses: Record<string, Response>
    headers: Record<string, Header>
    securitySchemes: Record<string, Json>
  }
}

/** A response itself, where an operation may only refer to it. */
export function resolve(document: OpenApi, response: Response | { $ref: string }): Response {
  if (!('$ref' in response)) return response
  return document.components.responses[response.$ref.split('/').at(-1) ?? ''] as Response
}
