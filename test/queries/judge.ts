import type { Pool, RowDataPacket } from 'mysql2/promise'
import { digestOf } from '../../local/lib/digest.ts'
import { CATEGORIES, COMMON_IDS, ROWS, ulidOf } from './seed.ts'

/** One table of a plan, as EXPLAIN says it. */
export type PlanStep = {
  table: string | null
  type: string | null
  key: string | null
  rows: number | null
  Extra: string | null
}
export type Rule = 'full scan' | 'index scan' | 'filesort' | 'function'
export type Finding = { rule: Rule; sql: string; step: string }

/** Plans are asked for of these; an INSERT of values has none. */
export const hasPlan = (sql: string) =>
  /^(SELECT|UPDATE|DELETE|INSERT\b[^?]*?\bSELECT)\b/i.test(digestOf(sql))

/**
 * Puts values of the seeded rows in the places of a test's: with ids that don't exist the server answers
 * from the index's ends, whatever the plan would be for others.
 */
export function adapted(sql: string): string {
  let ulids = 0
  return sql
    .replace(/'[0-7][\dA-HJKMNP-TV-Z]{25}'/g, () => `'${ulidOf(ROWS / 2 + 97 * ulids++)}'`)
    .replace(
      /\b(\w*id)( (?:=|<>|<|>|<=|>=|IN|BETWEEN) \(?)('?)(\d+(?:'?, '?\d+)*)\3/g,
      (_, column, op, quote, list) => {
        const size = column === 'category_id' ? CATEGORIES : COMMON_IDS
        const ids = list
          .split(/'?, '?/)
          .map((id: string) => `${quote}${1 + (Number(id) % size)}${quote}`)
        return `${column}${op}${ids.join(', ')}`
      },
    )
}

export async function planOf(pool: Pool, sql: string): Promise<PlanStep[]> {
  const [rows] = await pool.query<(PlanStep & RowDataPacket)[]>(`EXPLAIN ${sql}`)
  return rows
}

/** @returns what is wrong with a statement and its plan */
export function judge(sql: string, plan: readonly PlanStep[]): Finding[] {
  const findings = plan.flatMap(({ table, type, key, rows, Extra }): Finding[] => {
    const step = `${table}: ${type} ${key ?? 'without an index'}, ${rows} rows, ${Extra ?? ''}`
    // `<derived2>` and its like are what the statement made itself.
    const stored = table !== null && !table.startsWith('<')
    return [
      ...(stored && type === 'ALL' ? [{ rule: 'full scan' as const, sql, step }] : []),
      ...(stored && type === 'index' ? [{ rule: 'index scan' as const, sql, step }] : []),
      ...(Extra?.includes('filesort') ? [{ rule: 'filesort' as const, sql, step }] : []),
    ]
  })
  const wrapped = functionsOnColumns(sql).map((step) => ({ rule: 'function' as const, sql, step }))
  return [...findings, ...wrapped]
}

const CONDITIONS =
  /\b(?:WHERE|ON(?! DUPLICATE)|HAVING)\b(.*?)(?=\b(?:WHERE|ORDER BY|GROUP BY|LIMIT|SET|UNION|SELECT)\b|$)/g
const NOT_FUNCTIONS = new Set(
  'IN EXISTS AND OR NOT MATCH AGAINST VALUES SELECT WHERE FROM INDEX ON BETWEEN'.split(' '),
)

/** In conditions an index serves bare columns only: not `LOWER(email) = ?`, and not `stock - ? > 0`. */
function functionsOnColumns(sql: string): string[] {
  return [...digestOf(sql).matchAll(CONDITIONS)].flatMap(([, condition = '']) => {
    const calls = [...condition.matchAll(/\b(\w+) ?\(([^()]*)/g)]
      .filter(
        ([, name = '', inside = '']) =>
          !NOT_FUNCTIONS.has(name.toUpperCase()) && /[a-z]/.test(inside),
      )
      .map(([call]) => `${call})`)
    const sums = [...condition.matchAll(/\b[a-z_.]+ [-+*/%] \S+/g)].map(([sum]) => sum)
    return [...calls, ...sums]
  })
}
