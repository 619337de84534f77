import { createHash } from 'node:crypto'
import { decodeTime, ulid } from 'ulid'
import type { Database } from '../../platform/database/database.ts'
import { isDuplicate } from '../../platform/database/errors.ts'
import { NotFound, ValidationFailed } from '../../platform/errors/standard.ts'
import type { Bucket } from '../../platform/files/bucket.ts'
import { effect } from '../../platform/idempotency/effect.ts'
import { type Outbox, toSend } from '../../platform/outbox/outbox.ts'
import { RunExport } from './messages.ts'
import { type ExportRow, insertExport, readExport, readSame } from './repository.ts'
import type { ExportView, NewExport } from './schemas.ts'

/** How long a file is kept, as the bucket's lifecycle in infra/exports.yml says. */
export const KEPT_DAYS = 7
const DAY_MILLIS = 86_400_000

/** @returns the key of an export's file */
export const keyOf = (id: string) => `exports/${id}`

export type ExportsDeps = {
  database: Database
  outbox: Pick<Outbox, 'add' | 'deliver'>
  bucket: Pick<Bucket, 'link'>
  urlMinutes: number
}

/** Files that admins ask for: taken on here, written by the export job (job.ts). */
export function createExports({ database, outbox, bucket, urlMinutes }: ExportsDeps) {
  return {
    /**
     * Takes an export on. What is asked for again while it is being done is the same export. `to` is
     * no later than now: the file's end is fixed from the start.
     * @throws ValidationFailed where it would be about the future alone
     */
    async create(request: NewExport, createdBy: string): Promise<{ id: string }> {
      const { kind, format } = request
      const [from, to] = [Date.parse(request.from), Date.parse(request.to)]
      if (from >= Date.now()) {
        throw ValidationFailed.of([{ field: 'from', message: 'must be in the past' }])
      }
      const same = createHash('sha256')
        .update(JSON.stringify([createdBy, kind, format, from, to]))
        .digest('hex')
      for (;;) {
        const id = ulid()
        const row = { id, kind, format, from: new Date(from), same, createdBy }
        const message = toSend('export', RunExport.of({ exportId: id, run: 1 }))
        try {
          const made = await effect(database, async (tx) => {
            await insertExport(tx, { ...row, to: new Date(Math.min(to, Date.now())) })
            await outbox.add(tx, [message])
            return id
          })
          // What an earlier attempt at this request left in the outbox the relay sends.
          if (made === id) await outbox.deliver([message])
          return { id: made }
        } catch (error) {
          if (!isDuplicate(error)) throw error
          const running = await readSame(database, same)
          if (running !== undefined) return { id: running }
          // It ended a moment ago: a new one then.
        }
      }
    },

    /** @throws NotFound */
    async view(id: string): Promise<ExportView> {
      const row = await readExport(database, id)
      if (row === undefined) throw new NotFound()
      const { kind, format, state, rows, reason } = row
      const kept = row.updatedAt.getTime() + KEPT_DAYS * DAY_MILLIS > Date.now()
      return {
        ...{ id, kind, format, from: row.from.toISOString(), to: row.to.toISOString() },
        ...{ state, rows, percent: percentOf(row) },
        ...(state === 'done' && kept ? { url: bucket.link(keyOf(id), urlMinutes * 60) } : {}),
        ...(reason === null ? {} : { reason }),
      }
    },
  }
}
export type Exports = ReturnType<typeof createExports>

/** By the place of the last saved order in the time that is asked for: orders need no counting. */
function percentOf({ state, from, to, after }: ExportRow): number {
  if (state === 'done') return 100
  if (after === null) return 0
  const [start, end] = [from.getTime(), to.getTime()]
  return Math.min(99, Math.floor((100 * (decodeTime(after) - start)) / (end - start)))
}
