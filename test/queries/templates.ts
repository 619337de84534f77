import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from '@swc/core'
import { withoutComment } from '../../local/lib/digest.ts'
import { ROOT } from '../../local/root.ts'

/** One sql`…` in the code. */
export type Template = {
  file: string
  /** Its text between the values, spaces evened out. */
  parts: string[]
  /** Whether a statement begins with it; others are pieces of one. */
  isStatement: boolean
}

const evened = (text: string) => text.replace(/\s+/g, ' ').trim()

/** @returns every sql`…` in a folder, with those within others */
export function templatesIn(folder: string): Template[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
  return files
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const file = join(folder, name)
      const code = readFileSync(join(ROOT, file), 'utf8')
      return code.includes('sql`')
        ? templatesOf(file, parseSync(code, { syntax: 'typescript' }))
        : []
    })
}

type Node = Record<string, unknown>

function templatesOf(file: string, node: unknown): Template[] {
  if (node === null || typeof node !== 'object') return []
  const within = Object.values(node).flatMap((child) => templatesOf(file, child))
  const { type, tag, template } = node as Node & { tag?: Node; template?: Node }
  if (type !== 'TaggedTemplateExpression' || tag?.value !== 'sql') return within
  const { quasis } = template as { quasis: { cooked: string }[] }
  const texts = quasis.map(({ cooked }) => evened(cooked))
  const parts = texts.filter((text) => text !== '')
  if (parts.length === 0) return within
  const isStatement = /^(SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH)\b/.test(texts[0] ?? '')
  return [{ file, parts, isStatement }, ...within]
}

/** @returns whether a statement as it was sent was made of a template; of a piece: whether it holds it */
export function isMadeOf(sql: string, { parts, isStatement }: Template): boolean {
  const text = evenedStatement(sql)
  if (isStatement && !text.startsWith(parts[0] ?? '')) return false
  let from = 0
  return parts.every((part) => {
    const at = text.indexOf(part, from)
    from = at + part.length
    return at !== -1
  })
}

const known = new Map<string, string>()

function evenedStatement(sql: string): string {
  const text = known.get(sql) ?? evened(withoutComment(sql).text)
  known.set(sql, text)
  return text
}
