import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../root.ts'

/** The request in a sample event. */
export type Sample = {
  params: Record<string, string>
  query: Record<string, string>
  headers: Record<string, string>
  /** As parsed, where it is JSON. */
  body?: unknown
}

/** @param name of a function, as `orders/create`: its sample is events/orders/create.json */
export function readSample(name: string): Sample {
  const path = join(ROOT, 'events', `${name}.json`)
  const event = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
  const { pathParameters = {}, queryStringParameters = {}, headers = {}, body } = event
  return { params: pathParameters, query: queryStringParameters, headers, body: jsonOf(body) }
}

function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}

/** Every value in the samples by the name of its field: examples for the same field elsewhere. */
export function fieldsOf(samples: Iterable<Sample>): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>()
  const visit = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return
    for (const [name, member] of Object.entries(value)) {
      if (!Array.isArray(value)) found.set(name, [...(found.get(name) ?? []), member])
      visit(member)
    }
  }
  for (const { params, query, body } of samples)
    for (const part of [params, query, body]) visit(part)
  return found
}
