import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from '../../../local/root.ts'
import type { RouteDefinition } from '../../../shared/platform/http/definition.ts'
import { openapi } from '../../../shared/platform/http/openapi.ts'

type Node = { [name: string]: unknown }
type Parameter = { name: string; in: string; required: boolean; schema: Node }
type Operation = {
  summary: string
  security?: unknown
  parameters: Parameter[]
  requestBody?: { content: Record<string, { schema: Node }> }
  responses: Record<string, { description: string; content: Record<string, { schema: Node }> }>
}
type Document = { openapi: string; info: Node; components: Node; paths: Record<string, Node> }

let definitions: RouteDefinition[]
let document: Document
beforeAll(async () => {
  const files = readdirSync(join(ROOT, 'functions'), { recursive: true, encoding: 'utf8' })
  const modules = await Promise.all(
    files
      .filter((name) => name.endsWith('.ts'))
      .map((name) => import(/* @vite-ignore */ join(ROOT, 'functions', name))),
  )
  definitions = modules
    .map(({ handler }) => handler.definition as RouteDefinition)
    .filter((definition) => 'path' in definition && definition.path !== '$default')
  // As clients get it: what JSON leaves out is not there.
  document = JSON.parse(JSON.stringify(openapi(definitions, '1.2.3')))
})

const operations = () =>
  definitions.map((definition) => ({
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
  it('is one of 3.1 with every route, and nothing else', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d$/)
    expect(document.info).toMatchObject({ title: 'minimall', version: '1.2.3' })
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
      const key = operation.parameters.some(({ name }) => name === 'Idempotency-Key')
      expect(key, at).toBe(definition.idempotent === true)
    }
  })

  it('gives every answer a description and a schema, and names the codes of each error', () => {
    for (const { at, definition, operation } of operations()) {
      const { responses } = operation
      for (const status of Object.keys(definition.replies))
        expect(responses, at).toHaveProperty(status)
      for (const [status, { description, content }] of Object.entries(responses)) {
        expect(status, at).toMatch(/^[2-5]\d\d$/)
        expect(description.length, at).toBeGreaterThan(0)
        expect(content['application/json']?.schema, at).toBeTypeOf('object')
      }
      const said = Object.values(responses)
        .map(({ description }) => description)
        .join('\n')
      for (const { code } of definition.errors ?? []) expect(said, at).toContain(`${code}:`)
      for (const code of definition.auth === 'public' ? [] : [40101, 40102, 40103])
        expect(said, at).toContain(`${code}:`)
      expect(said.includes('40301:'), at).toBe(definition.auth === 'admin')
    }
  })

  it('says that unknown fields of a body are refused', () => {
    for (const { at, operation } of operations()) {
      const schema = operation.requestBody?.content['application/json']?.schema
      if (schema === undefined) continue
      const variants = (schema.oneOf as Node[] | undefined) ?? [schema]
      for (const { additionalProperties } of variants) expect(additionalProperties, at).toBe(false)
    }
  })
})
