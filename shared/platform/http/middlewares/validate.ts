import type { MiddlewareObj } from '@middy/core'
import * as z from 'zod/mini'
import type { FieldProblem } from '../../errors/api-error.ts'
import { BodyTooLarge, ValidationFailed } from '../../errors/standard.ts'
import { type HttpEvent, type RouteDefinition, takesKey } from '../definition.ts'
import { problemsOf } from '../problems.ts'

const BODY_LIMIT_BYTES = 256 * 1024
const NOTHING = z.optional(z.strictObject({}))
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,128}$/

type Part = 'params' | 'query' | 'body'

/** Checks path, query, headers and body against the definition, and names every problem at once. */
export function validate(definition: RouteDefinition): MiddlewareObj<HttpEvent> {
  return {
    before: ({ event }) => {
      const problems: FieldProblem[] = []
      const check = (part: Part, value: unknown) => {
        const result = z.safeParse(definition[part] ?? NOTHING, value)
        if (result.success) return result.data
        problems.push(...problemsOf(result.error, part === 'body' ? '' : part))
        return undefined
      }
      const params = check('params', definition.params && (event.pathParameters ?? {}))
      const query = check('query', event.queryStringParameters ?? {})
      const reads = definition.method !== 'GET' && definition.method !== 'ANY'
      const rawBody = definition.rawBody ? readBytes(event) : undefined
      const body = reads && !definition.rawBody ? check('body', readJson(event)) : undefined
      const idempotencyKey = takesKey(definition) ? readKey(definition, event, problems) : undefined
      if (problems.length > 0) throw ValidationFailed.of(problems)
      event.input = Object.assign(event.input, { params, query, body, rawBody, idempotencyKey })
    },
  }
}

function readKey(
  { idempotent }: RouteDefinition,
  event: HttpEvent,
  problems: FieldProblem[],
): string | undefined {
  const key = event.headers['idempotency-key']
  if (key === undefined && idempotent !== true) return undefined
  if (key === undefined || !IDEMPOTENCY_KEY.test(key)) {
    const message = 'send a key of 1 to 128 printable ASCII characters, new for each request'
    problems.push({ field: 'Idempotency-Key', message })
  }
  return key
}

/** @throws BodyTooLarge */
function readBytes({ body, isBase64Encoded }: HttpEvent): Buffer {
  // serverless-offline says null where API Gateway leaves it out.
  const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8')
  if (bytes.length > BODY_LIMIT_BYTES) throw new BodyTooLarge()
  return bytes
}

/** @throws BodyTooLarge, ValidationFailed where the body is not JSON in UTF-8 */
function readJson(event: HttpEvent): unknown {
  const bytes = readBytes(event)
  if (bytes.length === 0) return undefined
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw ValidationFailed.of([{ field: 'body', message: 'must be JSON in UTF-8' }])
  }
}
