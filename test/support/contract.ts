import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { validatorOf } from '../../local/docs/ajv.ts'
import { ROOT } from '../../local/root.ts'
import { type OpenApi, type Operation, resolve } from '../../shared/platform/http/openapi-types.ts'

/** docs/openapi.json. */
export const document: OpenApi = JSON.parse(
  readFileSync(join(ROOT, 'docs', 'openapi.json'), 'utf8'),
)
const problemsOf = validatorOf(document)
/** Every operation, and what its paths look like. */
export const operations = Object.entries(document.paths).flatMap(([path, methods]) => {
  const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+').replaceAll('.', '\\.')}$`)
  return Object.entries(methods).map(([method, operation]) => ({
    method,
    path,
    pattern,
    operation,
  }))
})

/** An answer as it came, with its body unpacked. */
export type Answered = { status: number; headers: Headers; text: string }

/** What paths that are not in the contract answer, and requests that no function gets to read. */
const ELSEWHERE: Operation['responses'] = {
  400: { $ref: '#/components/responses/ValidationFailed' },
  404: { $ref: '#/components/responses/NotFound' },
}

/**
 * Where more than one route fits, the one with fewer parts in braces is meant. serverless-offline, unlike
 * API Gateway, overlooks a slash at the end.
 */
function operationOf(method: string, url: string): Operation | undefined {
  const pathname = new URL(url, 'http://test').pathname.replace(/\/$/, '')
  return operations
    .filter((each) => each.method === method.toLowerCase() && each.pattern.test(pathname))
    .toSorted((a, b) => a.path.split('{').length - b.path.split('{').length)[0]?.operation
}

/** What about an answer is not as docs/openapi.json says: empty where it conforms. */
export function deviations(method: string, url: string, answered: Answered): string[] {
  const { status, headers, text } = answered
  const documented = (operationOf(method, url)?.responses ?? ELSEWHERE)[status]
  if (documented === undefined) return [`the status ${status} is not documented: ${text}`]
  const response = resolve(document, documented)
  const wrong = Object.entries(response.headers).flatMap(([name, { $ref }]) => {
    const { schema } = document.components.headers[$ref.split('/').at(-1) ?? ''] ?? { schema: {} }
    return problemsOf(schema, headers.get(name) ?? undefined).map((each) => `${name}: ${each}`)
  })
  if (response.content === undefined) return text === '' ? wrong : [...wrong, 'there is a body']
  const type = headers.get('content-type')?.split(';')[0] ?? 'none'
  const media = response.content[type]
  if (media === undefined) return [...wrong, `the content type is ${type}`]
  const body = type === 'application/json' ? JSON.parse(text) : text
  if (
    type === 'application/json' &&
    'traceId' in body &&
    body.traceId !== headers.get('x-trace-id')
  )
    wrong.push('the trace id of the body is not that of the header')
  return [...wrong, ...problemsOf(media.schema, body)]
}

/**
 * Compares an answer with the contract, and notes that this status and code were seen.
 * @param seen the file of notes
 * @throws with all that is not as docs/openapi.json says
 */
export function expectContract(
  method: string,
  url: string,
  answered: Answered,
  seen: string,
): void {
  const wrong = deviations(method, url, answered)
  if (wrong.length > 0) {
    throw new Error(
      `${method} ${url} answered ${answered.status}, not as docs/openapi.json says (made by npm run docs ` +
        `from the route's definition):\n${wrong.map((each) => `  ${each}`).join('\n')}\n${answered.text}`,
    )
  }
  const operation = operationOf(method, url)
  if (operation === undefined) return
  appendFileSync(seen, `${operation.operationId} ${answered.status} ${codeOf(answered)}\n`)
}

/** The code of an envelope; 0 for an answer without one. */
function codeOf({ text }: Answered): number {
  const code = /^\{"code":(\d+),/.exec(text)?.[1]
  return Number(code ?? 0)
}

/** Nobody can ask for a defect of ours; outages are the matter of test/functions/outage.test.ts. */
const NOT_ASKED_FOR = [50001, 50301]

/** Every status and code that an operation can answer with. */
function promised(): string[] {
  return operations.flatMap(({ operation }) =>
    Object.entries(operation.responses).flatMap(([status, response]) => {
      const media = Object.values(resolve(document, response).content ?? {})
      const examples = media.flatMap((each) => Object.values(each.examples ?? {}))
      const codes = examples.map(({ value }) => Number((value as { code: unknown }).code) || 0)
      return [...new Set(codes.length === 0 ? [0] : codes)]
        .filter((code) => !NOT_ASKED_FOR.includes(code))
        .map((code) => `${operation.operationId} ${status} ${code}`)
    }),
  )
}

/** Which answers of the contract no test has seen, as a page of text with a line per operation. */
export function unseen(notes: string): { seen: number; promised: number; page: string } {
  const seen = new Set(notes.split('\n'))
  const all = promised()
  const missing = Map.groupBy(
    all.filter((each) => !seen.has(each)),
    (each) => each.split(' ')[0] ?? '',
  )
  const lines = [...missing].map(([id, answers]) => {
    const codes = answers
      .map((each) => each.split(' '))
      .map(([, status, code]) => (code === '0' ? status : code))
    return `${id.padEnd(24)} ${codes.join(' ')}\n`
  })
  return {
    seen: all.length - [...missing.values()].flat().length,
    promised: all.length,
    page: lines.join(''),
  }
}
