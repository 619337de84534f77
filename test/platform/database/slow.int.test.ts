import { afterEach, expect, inject, it, vi } from 'vitest'
import { createDatabase } from '../../../shared/platform/database/database.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { invocation } from '../../../shared/platform/telemetry/invocation.ts'
import { setLogLevel } from '../../../shared/platform/telemetry/log.ts'
import { contextOf } from '../../support/context.ts'

const SECRET = '73911557'
const PRODUCT = '88264913'
afterEach(() => setLogLevel('error'))

it('a slow statement is explained by the database, in a transaction that has locks too', async () => {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  setLogLevel('warn')
  const db = createDatabase(inject('endpoints').databaseUrl ?? '', { slowMillis: 0 })
  await invocation(contextOf(), 'test', 'trace-0001', () =>
    db.transaction(async (tx) => {
      const { insertId } = await tx.write(
        sql`INSERT INTO users (openid, created_at, updated_at) VALUES (${SECRET}, ${new Date()}, ${new Date()})`,
      )
      await tx.query(sql`SELECT id FROM users WHERE id = ${insertId} FOR UPDATE`)
      await tx.query(
        sql`SELECT p.id FROM skus s JOIN products p ON p.id = s.product_id WHERE s.product_id = ${PRODUCT}
            AND p.title LIKE ${SECRET}`,
      )
      await tx.write(sql`DELETE FROM users WHERE id = ${insertId}`)
    }),
  )
  const text = written.mock.calls.map(([line]) => String(line)).join('')
  written.mockRestore()
  const lines = text.trim().split('\n')
  const told = lines.map((line) => JSON.parse(line) as { sql: string; plan?: string })
  expect(told.map((line) => line.sql.split(' ')[0]).sort()).toEqual(
    ['BEGIN', 'COMMIT', 'DELETE', 'INSERT', 'SELECT', 'SELECT'].sort(),
  )
  const planned = told.filter(({ plan }) => plan !== undefined)
  expect(planned).toHaveLength(2)
  expect(text).not.toContain(SECRET)
  expect(text).not.toContain(PRODUCT)
})
