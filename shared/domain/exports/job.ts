import { setTimeout as sleep } from 'node:timers/promises'
import { ulid } from 'ulid'
import type { Database, Queryable } from '../../platform/database/database.ts'
import { isOutage } from '../../platform/errors/api-error.ts'
import { type Bucket, MIN_PART_BYTES, S3Refused } from '../../platform/files/bucket.ts'
import { PermanentError } from '../../platform/jobs/job.ts'
import { type Outbox, toSend } from '../../platform/outbox/outbox.ts'
import { describeError, log } from '../../platform/telemetry/log.ts'
import { millisLeft } from '../../platform/telemetry/scope.ts'
import { keyOf } from './exports.ts'
import { FORMATS } from './formats.ts'
import { type RunData, RunExport } from './messages.ts'
import {
  hasExport,
  type LockedExport,
  lockExport,
  saveClaim,
  saveEnd,
  saveHandOver,
  saveProgress,
  saveUpload,
} from './repository.ts'
import { type WrittenPart, writeParts } from './write.ts'

/** Longer than the function may run (infra/functions/jobs.yml): whoever has a claim this old is dead. */
export const CLAIM_SECONDS = 180
/** Runs in a row that save nothing, after which an export has failed; SQS delivers once more than that. */
export const MAX_TRIES = 4
/** Kept back from the function's time, for the part on its way and for the message to the next run. */
const RESERVE_MILLIS = 15_000
/** How long the replica may take to have what was there when the export was asked for. */
const CATCH_UP_MILLIS = 5_000
const LOOK_MILLIS = 100
/** Doubled with each try. */
const RETRY_SECONDS = 15
/** Fewer would be more statements, and of more V8 would keep more: `npm run bench -- export`. */
const PAGE_ORDERS = 500

/** Another delivery has taken over: what this one does counts no more. */
class ClaimLost extends Error {
  override readonly name = 'ClaimLost'
}

export type ExportJobDeps = {
  database: Database
  /** Where orders are read. */
  replica: Queryable
  outbox: Pick<Outbox, 'add' | 'deliver'>
  bucket: Omit<Bucket, 'link'>
  /** @returns whether to leave the rest to another run; asked after each page of orders */
  stop?: () => boolean
  pageOrders?: number
  partBytes?: number
}

type Work = Omit<LockedExport, 'uploadId'> & { claim: string; uploadId: string | undefined }

/**
 * Writes exports: orders from the replica, page by page, through gzip into the parts of an upload.
 * After each part the database knows how to go on, so whatever dies costs no more than a part. Why this
 * is safe with two deliveries at once: docs/decisions/0024-exports.md.
 */
export function createExportJob({
  database,
  replica,
  outbox,
  bucket,
  stop = () => millisLeft() < RESERVE_MILLIS,
  pageOrders = PAGE_ORDERS,
  partBytes = MIN_PART_BYTES,
}: ExportJobDeps) {
  /**
   * Takes the export for this delivery.
   * @returns undefined where there is nothing to do: it has ended, or a later run is due
   * @throws where another delivery is at it
   */
  function take({ exportId, run }: RunData): Promise<Work | undefined> {
    return database.transaction(async (tx) => {
      const found = await lockExport(tx, exportId)
      if (found === undefined) throw new PermanentError('there is no such export')
      const { state, claimedUntil, uploadId, ...rest } = found
      if (state === 'done' || state === 'failed' || run < found.run) return undefined
      const now = Date.now()
      if (claimedUntil !== null && claimedUntil.getTime() > now) {
        throw new Error('another delivery is at this export')
      }
      const claim = ulid()
      const until = new Date(now + CLAIM_SECONDS * 1000)
      // A number that nobody else has: a part of somebody who is late replaces none of ours.
      const [tries, partNo] = [found.tries + 1, found.partNo + 1]
      await saveClaim(tx, exportId, { claim, until, tries, partNo })
      return { ...rest, state, claimedUntil, uploadId: uploadId ?? undefined, claim, tries, partNo }
    })
  }

  /** A replica that has the export's own row has all that was committed before it. */
  async function caughtUp(id: string): Promise<boolean> {
    const end = Date.now() + CATCH_UP_MILLIS
    try {
      while (!(await hasExport(replica, id))) {
        if (Date.now() > end) return false
        await sleep(LOOK_MILLIS)
      }
      return true
    } catch (error) {
      log.warn('replica not read', { error: describeError(error) })
      return false
    }
  }

  async function begin(work: Work): Promise<string> {
    const { contentType } = FORMATS[work.format]
    const contentDisposition = `attachment; filename="${fileName(work)}"`
    const headers = { contentType, contentEncoding: 'gzip', contentDisposition }
    const uploadId = await bucket.begin(keyOf(work.id), headers)
    check(await saveUpload(database, work, uploadId))
    return uploadId
  }

  async function send(work: Work, uploadId: string, { body, ...known }: WrittenPart) {
    const part = await bucket.put(keyOf(work.id), uploadId, work.partNo, body)
    work.progress = { ...known, parts: [...work.progress.parts, part] }
    work.partNo++
    check(await saveProgress(database, work, work.progress, work.partNo))
    work.tries = 0
  }

  /** Uploads part after part; while one is on its way, the next is written. */
  async function write(work: Work, uploadId: string): Promise<void> {
    const source = (await caughtUp(work.id)) ? replica : database
    if (source === database) log.warn('export reads the primary: the replica is behind or away')
    const options = { pageOrders, partBytes, stop }
    let sent = Promise.resolve()
    try {
      for await (const part of writeParts(source, work, options)) {
        await sent
        sent = send(work, uploadId, part)
        // Heard when it is awaited; not an unhandled rejection until then.
        sent.catch(() => {})
      }
    } finally {
      await sent
    }
  }

  /** Puts the file together. A run that died here may have done it, and then the upload is gone. */
  async function complete({ id, progress }: Work, uploadId: string): Promise<void> {
    try {
      await bucket.complete(keyOf(id), uploadId, progress.parts)
    } catch (error) {
      const gone = error instanceof S3Refused && error.code === 'NoSuchUpload'
      if (!gone || !(await bucket.has(keyOf(id)))) throw error
    }
  }

  /** Leaves the rest to another run. */
  async function handOver(work: Work, delaySeconds: number): Promise<void> {
    const next = work.run + 1
    const message = RunExport.of({ exportId: work.id, run: next })
    const row = toSend('export', message, delaySeconds)
    await database.transaction(async (tx) => {
      check(await saveHandOver(tx, work, next))
      await outbox.add(tx, [row])
    })
    await outbox.deliver([row])
  }

  async function giveUp(work: Work, cause: unknown): Promise<void> {
    const away = 'something that it needs did not answer'
    const reason = isOutage(cause) ? away : 'something went wrong on our side'
    check(await saveEnd(database, work, 'failed', reason))
    log.error('export failed', cause, { exportId: work.id, rows: work.progress.rows })
    if (work.uploadId === undefined) return
    await bucket
      .abort(keyOf(work.id), work.uploadId)
      .catch((error) => log.warn('upload left to the lifecycle', { error: describeError(error) }))
  }

  async function advance(work: Work): Promise<void> {
    if (work.tries > MAX_TRIES) throw new Error('every run before was cut off')
    work.uploadId ??= await begin(work)
    if (!work.progress.ended) await write(work, work.uploadId)
    if (!work.progress.ended) return handOver(work, 0)
    await complete(work, work.uploadId)
    check(await saveEnd(database, work, 'done'))
    log.info('export done', { exportId: work.id, rows: work.progress.rows, runs: work.run })
  }

  return {
    /**
     * Goes on with an export until it is done or time is up. Returns → this message is done: so is the
     * export, or it has failed, or a message to the next run is out. Throws → delivered again, after
     * the visibility timeout: another delivery is at it, or the database does not answer.
     * @throws PermanentError where there is no such export
     */
    async run(data: RunData): Promise<void> {
      const work = await take(data)
      if (work === undefined) return
      try {
        await advance(work)
      } catch (error) {
        if (error instanceof ClaimLost) throw error
        if (work.tries >= MAX_TRIES) return giveUp(work, error)
        const delaySeconds = RETRY_SECONDS * 2 ** work.tries
        log.warn('export tried again', { exportId: work.id, error: describeError(error) })
        await handOver(work, delaySeconds)
      }
    },
  }
}
export type ExportJob = ReturnType<typeof createExportJob>

/** @throws ClaimLost where a save found that another delivery has taken over */
function check(saved: boolean): void {
  if (!saved) throw new ClaimLost('another delivery has taken over this export')
}

const CHINA_MILLIS = 8 * 3_600_000
const dayOf = (time: Date) => new Date(time.getTime() + CHINA_MILLIS).toISOString().slice(0, 10)

/** By the first and the last day in it, as China's calendar has them. */
function fileName({ format, from, to }: Work): string {
  return `orders-${dayOf(from)}-${dayOf(new Date(to.getTime() - 1))}.${format}`
}
