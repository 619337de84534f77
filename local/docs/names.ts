import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod/mini'
import type { SchemaNames } from '../../shared/platform/http/json-schema.ts'
import { ROOT } from '../root.ts'

/** An exported schema, with the comment before it. */
const EXPORT = /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)?export const ([A-Z]\w*)/g

const isSchema = (value: unknown): value is z.ZodMiniType =>
  typeof value === 'object' && value !== null && '_zod' in value

/** A comment without its stars, as one paragraph. */
const proseOf = (comment: string) =>
  comment
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trim())
    .join(' ')
    .trim()

/**
 * Every schema that shared/ exports under a name with a capital letter: that name and the comment
 * before it are name and description in the OpenAPI document. So nothing of it is in a bundle, and
 * nobody has to write it twice.
 */
export async function readSchemaNames(): Promise<SchemaNames> {
  const names = z.registry<{ id: string; description?: string }>()
  const taken = new Map<string, string>()
  const files = readdirSync(join(ROOT, 'shared'), { recursive: true, encoding: 'utf8' })
  for (const file of files.filter((name) => name.endsWith('.ts')).toSorted()) {
    const path = join(ROOT, 'shared', file)
    const text = readFileSync(path, 'utf8')
    if (!text.includes("'zod/mini'")) continue
    const module = (await import(/* @vite-ignore */ path)) as Record<string, unknown>
    for (const [, comment, id = ''] of text.matchAll(EXPORT)) {
      const schema = module[id]
      if (!isSchema(schema) || names.has(schema)) continue
      const other = taken.get(id)
      if (other !== undefined) throw new Error(`two schemas are called ${id}: ${other}, ${file}`)
      taken.set(id, file)
      names.add(schema, comment === undefined ? { id } : { id, description: proseOf(comment) })
    }
  }
  return names
}
