import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { format } from '@planetscale/database'
import mysql, { type Pool } from 'mysql2/promise'
import { beforeAll, describe, expect, it } from 'vitest'
import { startScratchDatabase } from '../../local/engines/database.ts'
import { digestOf } from '../../local/lib/digest.ts'
import { ROOT } from '../../local/root.ts'
import { migrate } from '../../local/stack.ts'
import { type OrderPage, readOrders } from '../../shared/domain/orders/repository.ts'
import type { Queryable } from '../../shared/platform/database/database.ts'
import { EXCEPTIONS } from './exceptions.ts'
import { adapted, type Finding, hasPlan, judge, planOf } from './judge.ts'
import { LISTS } from './lists.ts'
import { FREQUENT_BUYER, ROWS, seed, ulidOf } from './seed.ts'
import { isMadeOf, templatesIn } from './templates.ts'

/** Seeding is the server's work: more would not be faster on two cores. */
const CONNECTIONS = 3

let pool: Pool
beforeAll(async () => {
  const dir = mkdtempSync(join(tmpdir(), 'minimall-queries-'))
  const server = await startScratchDatabase({ dir })
  pool = mysql.createPool({
    uri: server.url,
    charset: 'utf8mb4_general_ci',
    connectionLimit: CONNECTIONS,
  })
  const stop = async () => {
    await pool.end()
    await server.stop()
    rmSync(dir, { recursive: true, force: true })
  }
  try {
    await migrate(server.url, 'up')
    await seed(pool)
  } catch (error) {
    await stop()
    throw error
  }
  return stop
})

/** What the tests before asked of their databases: see recorderOf in test/support/services.ts. */
function recorded(): string[] {
  const folder = process.env.STATEMENTS_DIR ?? join(ROOT, '.local', 'statements')
  const files = existsSync(folder) ? readdirSync(folder) : []
  if (files.length === 0) throw new Error('no statements were recorded: run all of `npm test` once')
  return files.flatMap((name) =>
    readFileSync(join(folder, name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as string),
  )
}

/** @returns the first statement that `read` asks */
async function statementOf(read: (db: Queryable) => Promise<unknown>): Promise<string> {
  const statements: string[] = []
  await read({
    query: async ({ sql, values }) => {
      statements.push(format(sql, values))
      return []
    },
    write: () => Promise.reject(new Error('a list does not write')),
  })
  return statements[0] ?? ''
}

const excusesOf = ({ rule, sql }: Finding) =>
  EXCEPTIONS.filter((exception) => exception.rule === rule && exception.of.test(digestOf(sql)))
const told = ({ rule, sql, step }: Finding) => `${rule} [${step}] ${digestOf(sql)}`

describe('the statements of the whole suite', async () => {
  const templates = templatesIn('shared')
  const statements = templates.filter(({ isStatement }) => isStatement)
  const isOurs = (sql: string) => statements.some((template) => isMadeOf(sql, template))
  const asked = [...recorded(), ...(await Promise.all(LISTS.map(([, read]) => statementOf(read))))]

  it('are all that stand in the code, with every piece of them', () => {
    expect(statements.length).toBeGreaterThan(100)
    const unseen = templates.filter((template) => !asked.some((sql) => isMadeOf(sql, template)))
    expect(unseen.map(({ file, parts }) => `${file}: ${parts.join(' … ')}`)).toEqual([])
  })

  it('stand in the code where a function asked them', () => {
    const ofFunctions = asked.filter((sql) => /\/\*route='(?:[A-Z]+|queue|schedule)%20/.test(sql))
    expect(ofFunctions.length).toBeGreaterThan(100)
    const foreign = ofFunctions
      .filter((sql) => !/^(BEGIN|COMMIT|ROLLBACK|EXPLAIN)\b/.test(sql))
      .filter((sql) => !isOurs(sql))
    expect(foreign.map((sql) => digestOf(sql))).toEqual([])
  })

  it('read along an index, in its order, but for a reason', async () => {
    // Of those that differ in their values alone one is enough; the tests' own are nobody's.
    const ours = new Map(
      asked
        .filter((sql) => hasPlan(sql) && isOurs(sql))
        .map((sql) => [digestOf(sql), adapted(sql)]),
    )
    const findings = await Promise.all(
      [...ours.values()].map(async (sql) => judge(sql, await planOf(pool, sql))),
    )
    const judged = findings.flat().map((finding) => ({ finding, excuses: excusesOf(finding) }))
    const guilty = judged.filter(({ excuses }) => excuses.length === 0)
    expect(guilty.map(({ finding }) => told(finding))).toEqual([])
    // Where two plans are nearly as good, the server's samples of the rows decide, which differ from run
    // to run: so an exception is needed as long as there is such a statement.
    const shapes = [...ours.keys()]
    expect(EXCEPTIONS.filter(({ of }) => !shapes.some((shape) => of.test(shape)))).toEqual([])
  })
})

describe('the plan of', () => {
  it.each(LISTS)('%s goes along an index made for it', async (_, read, keys) => {
    const plan = await planOf(pool, await statementOf(read))
    const stored = plan.filter(({ table }) => table !== null && !table.startsWith('<'))
    // MariaDB may read a row filter from a second index: `orders_user_state,orders_user`.
    for (const key of (stored[0]?.key ?? 'none').split(',')) {
      expect(keys, JSON.stringify(plan)).toContain(key)
    }
  })
})

describe('a later page of orders', () => {
  // With a type of `ref` all the pages before it would be read too.
  it.each<[of: string, page: Partial<OrderPage>]>([
    ['a user', { userId: FREQUENT_BUYER }],
    ['a user in a state', { userId: FREQUENT_BUYER, status: 'paid' }],
    ['everybody', {}],
    ['everybody in a state', { status: 'paid' }],
  ])('of %s begins where the one before ended', async (_, page) => {
    const before = ulidOf(ROWS / 2)
    const statement = await statementOf((db) => readOrders(db, { ...page, before, limit: 20 }))
    const plan = await planOf(pool, statement)
    expect(plan.map(({ type }) => type)).toEqual(['range'])
  })
})

describe('the judge', () => {
  it.each([
    ['full scan', "SELECT id FROM users WHERE nickname = 'x'"],
    ['index scan', "UPDATE orders SET reason = NULL WHERE remark = 'x'"],
    ['full scan', 'DELETE FROM outbox WHERE delay_seconds = 7'],
    [
      'full scan',
      "INSERT INTO outbox (id, queue, message, created_at) SELECT id, 'x', remark, created_at FROM orders",
    ],
    ['index scan', 'SELECT COUNT(*) FROM orders'],
    ['filesort', 'SELECT id FROM orders WHERE user_id = 7 ORDER BY created_at'],
    ['function', "SELECT id FROM users WHERE id = 7 AND LOWER(email) = 'x'"],
    ['function', 'UPDATE skus SET stock = 1 WHERE id = 7 AND stock - 3 > 0'],
  ])('finds a %s in %s', async (rule, sql) => {
    expect(hasPlan(sql)).toBe(true)
    expect(judge(sql, await planOf(pool, sql)).map((finding) => finding.rule)).toContain(rule)
  })
})
