import { describe, expect, it } from 'vitest'
import { clientModule } from '../../../local/client/types.ts'
import { ApiError } from '../../../shared/platform/errors/api-error.ts'

const envelope = (data: object) => ({
  content: {
    'application/json': {
      schema: { properties: { code: {}, message: {}, data, traceId: {} } },
    },
  },
})
const get = (data: object, over: object = {}) => ({
  paths: { '/api/x': { get: { summary: 'X', responses: { 200: envelope(data) }, ...over } } },
})
const dataOf = (schema: object, document: object = {}) =>
  /^ {4}data: ([\s\S]*?)\n {2}\}/m.exec(clientModule({ ...get(schema), ...document }, []))?.[1]

describe('the types of the client', () => {
  it.each<[object, string]>([
    [{ type: 'integer', minimum: 0 }, 'number'],
    [{ type: ['string', 'null'] }, 'string | null'],
    [{ type: 'string', const: "it's" }, "'it\\'s'"],
    [{ enum: ['a', 1, null] }, "'a' | 1 | null"],
    [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'string | null'],
    [{ allOf: [{ type: 'string' }, { enum: ['a', 'b'] }] }, "string & ('a' | 'b')"],
    [{ type: 'array', items: { enum: ['a', 'b'] } }, "Array<'a' | 'b'>"],
    [{ type: 'array', prefixItems: [{ type: 'null' }, {}] }, '[null, unknown]'],
    [{ type: 'object', additionalProperties: { type: 'integer' } }, 'Record<string, number>'],
    [
      { type: 'object', properties: { a: { type: 'null' }, 'b-c': {} }, required: ['a'] },
      "{\n      a: null\n      'b-c'?: unknown\n    }",
    ],
  ])('say %j', (schema, type) => {
    expect(dataOf(schema)).toBe(type)
  })

  it('give a name to what refers to itself, and to components', () => {
    const tree = { type: 'array', items: { $ref: '#/components/schemas/Tree' } }
    const Tree = { type: 'object', properties: { children: tree }, required: ['children'] }
    const module = clientModule({ ...get(tree), components: { schemas: { Tree } } }, [])
    expect(module).toContain('data: Array<Tree>')
    expect(module).toContain('export type Tree = {\n  children: Array<Tree>\n}')
    const local = { $ref: '#/$defs/Leaf', $defs: { Leaf: { type: 'null' } } }
    expect(clientModule(get(local), [])).toContain('export type Leaf = null')
  })

  it.each([
    [{ not: {} }, 'not is not understood'],
    [{ type: 'tuple' }, 'the type tuple is not understood'],
    [{ $ref: '#/components/schemas/Gone' }, 'leads nowhere'],
  ])('refuse what they do not understand: %j', (schema, reason) => {
    expect(() => dataOf(schema)).toThrow(reason)
  })

  it('leave out what has no envelope, and know who needs what', () => {
    const raw = { content: { 'application/json': { schema: { type: 'object' } } } }
    const key = { name: 'Idempotency-Key', in: 'header', required: true, schema: {} }
    const keyed = { security: [{}], parameters: [key] }
    const limit = {
      name: 'limit',
      in: 'query',
      schema: { type: 'string', pattern: '^[0-9]{1,3}$' },
    }
    const paths = {
      '/raw': { get: { summary: 'Raw', responses: { 200: raw } } },
      '/api/x': {
        get: get({}, { parameters: [limit] }).paths['/api/x'].get,
        post: get({}, keyed).paths['/api/x'].get,
      },
    }
    const module = clientModule({ paths }, [])
    expect(module).not.toContain('/raw')
    expect(module).toContain('query?: { limit?: string | number | undefined }')
    expect(module.match(/'POST \/api\/x': true/g)).toHaveLength(2)
    expect(module).not.toContain("'GET /api/x': true")
  })

  it('name each code after its error, and no two alike', () => {
    class Gone extends ApiError {
      static override readonly code = 41001
      static override readonly summary = 'gone'
    }
    expect(clientModule(get({}), [Gone])).toContain('/** gone */\n  gone: 41001,')
    const other = { Gone: class Gone extends ApiError {} }.Gone
    Object.assign(other, { code: 41002, summary: 'gone too' })
    expect(() => clientModule(get({}), [Gone, other])).toThrow('Gone stands for 41001 and 41002')
  })
})
