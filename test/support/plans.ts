import { type Database, database } from '../../shared/platform/database/database.ts'
import { type Sql, sql } from '../../shared/platform/database/sql.ts'

/** The database, and the SELECTs that it was given. */
export function watched() {
  const statements: Sql[] = []
  const db: Database = {
    ...database(),
    query: (statement) => {
      statements.push(statement)
      return database().query(statement)
    },
  }
  return { db, statements }
}

/** One table of a plan, as EXPLAIN says it. */
export type PlanStep = {
  id: number | null
  select_type: string
  table: string
  type: string
  key: string | null
  rows: number
  Extra: string
}

/** @returns how the database would run a statement */
export function planOf(statement: Sql): Promise<PlanStep[]> {
  return database().query<PlanStep>(sql`EXPLAIN ${statement}`)
}
