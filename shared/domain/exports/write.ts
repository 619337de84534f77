import { encodeTime } from 'ulid'
import type { Queryable } from '../../platform/database/database.ts'
import { ahead } from '../../platform/files/ahead.ts'
import { GzipWriter } from '../../platform/files/gzip.ts'
import { FORMATS, type Format } from './formats.ts'
import { type ExportedOrder, orderPages } from './order-pages.ts'
import type { LockedExport, Progress } from './repository.ts'

/** Characters of a ULID that are its time. */
const TIME_LENGTH = 10

/** A piece of the file, and what is known when it is written. */
type Piece = { bytes: Buffer; after: string | undefined; rows: number; crc: number; size: number }
/** A part of the file, and what is known when it is written. */
export type WrittenPart = { body: Buffer<ArrayBuffer> } & Omit<Progress, 'parts'>

export type WriteOptions = {
  /** Orders that one query brings. */
  pageOrders: number
  /** Bytes from which a part is full. */
  partBytes: number
  /** Asked after each page: a `true` ends the file here for now. */
  stop(): boolean
}

/**
 * Writes the rest of an export's file, part by part. While one page is compressed, the next is read:
 * beside the part that grows there are never more than two pages, whatever the export's size. Each
 * part ends with an order, and what stands beside it is enough to go on after it.
 * @returns a part whenever one is full; `ended` marks the last one, which does not come where `stop`
 *   has said so before
 */
export async function* writeParts(
  db: Queryable,
  { format, from, to, progress }: Pick<LockedExport, 'format' | 'from' | 'to' | 'progress'>,
  { pageOrders, partBytes, stop }: WriteOptions,
): AsyncGenerator<WrittenPart, void> {
  const gzip = new GzipWriter(progress)
  const after = progress.after ?? encodeTime(from.getTime(), TIME_LENGTH)
  const end = encodeTime(to.getTime(), TIME_LENGTH)
  const pages = ahead(orderPages(db, { after, end, limit: pageOrders }))
  let last: Omit<Piece, 'bytes'> = progress
  let bodies: Buffer[] = []
  for await (const { bytes, ...known } of ahead(compress(pages, FORMATS[format], progress, gzip))) {
    bodies.push(bytes)
    last = known
    if (sizeOf(bodies) >= partBytes) {
      yield { body: Buffer.concat(bodies), ...last, ended: false }
      bodies = []
    }
    if (stop()) return
  }
  yield { body: Buffer.concat([...bodies, gzip.end()]), ...last, ended: true }
}

async function* compress(
  pages: AsyncIterable<ExportedOrder[]>,
  { header, lines }: Format,
  start: Progress,
  gzip: GzipWriter,
): AsyncGenerator<Piece, void> {
  let { rows } = start
  // The header goes with the first page; a file without orders has nothing else.
  if (start.size === 0 && header !== '') {
    yield { bytes: await gzip.add(header), after: undefined, rows, ...gzip.state }
  }
  for await (const orders of pages) {
    const text = orders.flatMap(lines)
    rows += text.length
    const bytes = await gzip.add(text.join(''))
    yield { bytes, after: orders.at(-1)?.orderId, rows, ...gzip.state }
  }
}

const sizeOf = (buffers: readonly Buffer[]) => buffers.reduce((sum, { length }) => sum + length, 0)
