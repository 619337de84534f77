import { Validator } from '@seriousme/openapi-schema-validator'
import { beforeAll, describe, expect, it } from 'vitest'
import { readTemplate } from '../../../local/aws/resources.ts'
import { readContract } from '../../../local/docs/contract.ts'
import { ROOT } from '../../../local/root.ts'
import { takesKey } from '../../../shared/platform/http/definition.ts'
import type { NamedRoute } from '../../../shared/platform/http/openapi.ts'
import {
  type OpenApi,
  type Operation,
  resolve,
} from '../../../shared/platform/http/openapi-types.ts'

type Node = { [name: string]: unknown }

let routes: readonly NamedRoute[]
let document: OpenApi
beforeAll(async () => {
  const contract = await readContract()
  routes = contract.routes
  // As clients get it: what JSON leaves out is not there.
  document = JSON.parse(JSON.stringify(contract.document))
})

const operations = () =>
  routes.map(({ name, definition }) => ({
    name,
    definition,
    at: `${definition.method} ${definition.path}`,
    operation: document.paths[definition.path]?.[definition.method.toLowerCase()] as Operation,
  }))

/** Every object in a tree. */
function* nodes(value: unknown): Generator<Node> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield value as Node
  for (const member of Object.values(value)) yield* nodes(member)
}

describe('the OpenAPI document', () => {
  it('is valid, by the schema of OpenAPI 3.1 itself', async () => {
    const validator = new Validator()
    const { valid, errors } = await validator.validate(structuredClone(document))
    expect(errors ?? []).toEqual([])
    expect([valid, validator.version]).toEqual([true, '3.1'])
  })

  it('is one of 3.1 with every route, and nothing else', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d$/)
    expect(document.info).toMatchObject({ title: 'minimall' })
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(described.toSorted()).toEqual(
      operations()
        .map(({ at }) => at)
        .toSorted(),
    )
    expect(described.length).toBeGreaterThan(20)
  })

  it('refers only to what is there', () => {
    for (const { $ref } of nodes(document)) {
      if (typeof $ref !== 'string' || !$ref.startsWith('#/components/')) continue
      const found = $ref
        .slice(2)
        .split('/')
        .reduce<unknown>((at, name) => (at as Node)?.[name], document)
      expect(found, $ref).toBeTypeOf('object')
    }
  })

  it('calls each operation as serverless.yml calls its function, under a domain that is described', () => {
    const described = document.tags.map(({ name }) => name)
    for (const { name, operation } of operations()) {
      const [domain = ''] = name.split('/')
      const functions = readTemplate(ROOT, `infra/functions/${domain}.yml`, 'test') as Node
      expect(functions[operation.operationId], operation.operationId).toMatchObject({
        handler: `functions/${name}.handler`,
      })
      expect(described, 'TAGS in local/docs/about.ts').toContain(domain)
    }
    const ids = operations().map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('names every part of a path, once each', () => {
    for (const { at, definition, operation } of operations()) {
      const inPath = [...definition.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const named = operation.parameters.filter((parameter) => parameter.in === 'path')
      expect(
        named.map(({ name }) => name),
        at,
      ).toEqual(inPath)
      expect(
        named.every(({ required }) => required),
        at,
      ).toBe(true)
      const keys = operation.parameters.map((parameter) => `${parameter.in} ${parameter.name}`)
      expect(new Set(keys).size, at).toBe(keys.length)
    }
  })

  it('asks for a token, a body and a key where the route does', () => {
    for (const { at, definition, operation } of operations()) {
      expect(operation.security !== undefined, at).toBe(definition.auth !== 'public')
      expect(operation.requestBody !== undefined, at).toBe(definition.body !== undefined)
      const key = operation.parameters.find(({ name }) => name === 'Idempotency-Key')
      expect(key !== undefined, at).toBe(takesKey(definition))
      expect(key?.required === true, at).toBe(definition.idempotent === true)
    }
  })

  it('gives every answer a description, a trace id and a schema, and every error its code', () => {
    for (const { at, definition, operation } of operations()) {
      const codes = new Set<unknown>()
      for (const status of Object.keys(definition.replies))
        expect(operation.responses, at).toHaveProperty(status)
      for (const [status, response] of Object.entries(operation.responses)) {
        const { description, headers, content } = resolve(document, response)
        expect(status, at).toMatch(/^[2-5]\d\d$/)
        expect(description.length, at).toBeGreaterThan(0)
        expect(headers, at).toHaveProperty('X-Trace-ID')
        expect('Retry-After' in headers, at).toBe(status === '429' || status === '503')
        for (const { schema, examples = {} } of Object.values(content ?? {})) {
          expect(schema, at).toBeTypeOf('object')
          for (const { value } of Object.values(examples)) codes.add((value as Node).code)
        }
      }
      for (const { code } of definition.errors ?? []) expect(codes, at).toContain(code)
      for (const code of definition.auth === 'public' ? [] : [40101, 40102, 40103])
        expect(codes, at).toContain(code)
      expect(codes.has(40301), at).toBe(definition.auth === 'admin')
      expect(codes.has(41301), at).toBe(definition.method !== 'GET')
      expect(codes.has(42901), at).toBe(definition.limit !== undefined)
      for (const status of [...Object.keys(definition.replies), '429']) {
        const response = operation.responses[status]
        if (response === undefined) continue
        const { headers } = resolve(document, response)
        for (const name of ['RateLimit', 'RateLimit-Policy'])
          expect(name in headers, `${at} ${status}`).toBe(definition.limit !== undefined)
      }
    }
  })

  it('says that unknown fields of a body are refused', () => {
    for (const { at, operation } of operations()) {
      const schema = operation.requestBody?.content['application/json']?.schema
      if (schema === undefined) continue
      const named = document.components.schemas[schema.$ref?.split('/').at(-1) ?? ''] ?? schema
      const variants = named.oneOf ?? [named]
      for (const { additionalProperties } of variants) expect(additionalProperties, at).toBe(false)
    }
  })
})
