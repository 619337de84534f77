import type { Queryable } from '../../platform/database/database.ts'
import { sql } from '../../platform/database/sql.ts'
import type { Part } from '../../platform/files/bucket.ts'
import type { ExportFormat, ExportView } from './schemas.ts'

type State = ExportView['state']

export type NewRow = {
  id: string
  kind: ExportView['kind']
  format: ExportFormat
  from: Date
  to: Date
  /** Equal for equal requests; unique among those that are being done. */
  same: string
  createdBy: string
}

/** @throws StatementFailed (duplicate) where the same is being done already */
export async function insertExport(tx: Queryable, row: NewRow): Promise<void> {
  const now = new Date()
  await tx.write(
    sql`INSERT INTO exports (id, kind, format, from_time, to_time, same, state, parts, created_by,
          created_at, updated_at)
        VALUES (${row.id}, ${row.kind}, ${row.format}, ${row.from}, ${row.to}, ${row.same}, 'pending',
          '[]', ${row.createdBy}, ${now}, ${now})`,
  )
}

/** @returns the export that is being done for an equal request */
export async function readSame(db: Queryable, same: string): Promise<string | undefined> {
  const [row] = await db.query<{ id: string }>(sql`SELECT id FROM exports WHERE same = ${same}`)
  return row?.id
}

/** An export as far as those who look at it need it. */
export type ExportRow = Omit<NewRow, 'same' | 'createdBy'> & {
  state: State
  rows: number
  after: string | null
  reason: string | null
  updatedAt: Date
}
type StoredRow = Omit<ExportRow, 'rows'> & { rowCount: string }

export async function readExport(db: Queryable, id: string): Promise<ExportRow | undefined> {
  const [row] = await db.query<StoredRow>(
    sql`SELECT id, kind, format, from_time AS 'from', to_time AS 'to', state, reason,
          row_count AS rowCount, after_id AS 'after', updated_at AS updatedAt
        FROM exports WHERE id = ${id}`,
  )
  return row && { ...row, rows: Number(row.rowCount) }
}

/** @returns whether a database has an export's row, and with it all that was committed before */
export async function hasExport(db: Queryable, id: string): Promise<boolean> {
  return (await db.query(sql`SELECT id FROM exports WHERE id = ${id}`)).length > 0
}

/** What of the file is safe: parts that S3 has, and how to go on after them. */
export type Progress = {
  parts: readonly Part[]
  /** The last order in them. */
  after: string | undefined
  rows: number
  crc: number
  size: number
  /** There are no more orders: only the file is still to be put together. */
  ended: boolean
}

export type LockedExport = Pick<NewRow, 'id' | 'format' | 'from' | 'to'> & {
  state: State
  run: number
  tries: number
  claimedUntil: Date | null
  uploadId: string | null
  /** The last part number that was given out. */
  partNo: number
  progress: Progress
}

type LockedRow = Omit<LockedExport, 'progress'> & {
  parts: Part[]
  after: string | null
  rowCount: string
  crc: number
  size: string
  ended: number
}

/** Locks an export until the transaction ends. */
export async function lockExport(tx: Queryable, id: string): Promise<LockedExport | undefined> {
  const [row] = await tx.query<LockedRow>(
    sql`SELECT id, format, from_time AS 'from', to_time AS 'to', state, run, tries,
          claimed_until AS claimedUntil, upload_id AS uploadId, part_no AS partNo, parts,
          after_id AS 'after', row_count AS rowCount, crc, size, ended
        FROM exports WHERE id = ${id} FOR UPDATE`,
  )
  if (row === undefined) return undefined
  const { parts, after, rowCount, crc, size, ended, ...rest } = row
  const progress = {
    parts,
    after: after ?? undefined,
    rows: Number(rowCount),
    crc: Number(crc),
    size: Number(size),
    ended: Number(ended) === 1,
  }
  return { ...rest, progress }
}

/** Gives a locked export to one delivery, and to it alone the number of the next part. */
export async function saveClaim(
  tx: Queryable,
  id: string,
  to: { claim: string; until: Date; tries: number; partNo: number },
): Promise<void> {
  await tx.write(
    sql`UPDATE exports SET state = 'running', claim = ${to.claim}, claimed_until = ${to.until},
          tries = ${to.tries}, part_no = ${to.partNo}, updated_at = ${new Date()}
        WHERE id = ${id}`,
  )
}

/** A delivery's hold on an export: what it writes counts only as long as nobody else has taken over. */
export type Claim = { id: string; claim: string }
const held = ({ id, claim }: Claim) => sql`id = ${id} AND claim = ${claim} AND state = 'running'`

/** @returns false where another delivery has taken over: nothing was written */
export async function saveUpload(db: Queryable, by: Claim, uploadId: string): Promise<boolean> {
  const { rowsAffected } = await db.write(
    sql`UPDATE exports SET upload_id = ${uploadId}, updated_at = ${new Date()} WHERE ${held(by)}`,
  )
  return rowsAffected === 1
}

/** Saves a part, and gives out the number of the next one. @returns as {@link saveUpload} */
export async function saveProgress(
  db: Queryable,
  by: Claim,
  { parts, after, rows, crc, size, ended }: Progress,
  partNo: number,
): Promise<boolean> {
  const { rowsAffected } = await db.write(
    sql`UPDATE exports SET parts = ${JSON.stringify(parts)}, part_no = ${partNo},
          after_id = ${after ?? null}, row_count = ${rows}, crc = ${crc}, size = ${size},
          ended = ${ended ? 1 : 0}, tries = 0, updated_at = ${new Date()}
        WHERE ${held(by)}`,
  )
  return rowsAffected === 1
}

/** Lets go of an export, so that the message of the next run can go on. @returns as {@link saveUpload} */
export async function saveHandOver(tx: Queryable, by: Claim, run: number): Promise<boolean> {
  const { rowsAffected } = await tx.write(
    sql`UPDATE exports SET run = ${run}, claim = NULL, claimed_until = NULL, updated_at = ${new Date()}
        WHERE ${held(by)}`,
  )
  return rowsAffected === 1
}

/** Ends an export. @returns as {@link saveUpload} */
export async function saveEnd(
  db: Queryable,
  by: Claim,
  state: 'done' | 'failed',
  reason?: string,
): Promise<boolean> {
  const { rowsAffected } = await db.write(
    sql`UPDATE exports SET state = ${state}, reason = ${reason ?? null}, same = NULL,
          claimed_until = NULL, updated_at = ${new Date()}
        WHERE ${held(by)}`,
  )
  return rowsAffected === 1
}
