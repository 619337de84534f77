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
 *   has said so before. Its body is good until the part after the next one is asked for
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
  let [filling, other] = [new Growing(partBytes), new Growing(partBytes)]
  for await (const { bytes, ...known } of ahead(compress(pages, FORMATS[format], progress, gzip))) {
    filling.add(bytes)
    last = known
    if (filling.size >= partBytes) {
      yield { body: filling.take(), ...last, ended: false }
      ;[filling, other] = [other, filling]
    }
    if (stop()) return
  }
  filling.add(gzip.end())
  yield { body: filling.take(), ...last, ended: true }
}

/** A buffer that is used again and again: parts of megabytes would be garbage that is collected late. */
class Growing {
  #bytes: Buffer<ArrayBuffer>
  #size = 0

  constructor(expected: number) {
    // A piece more than what is full.
    this.#bytes = Buffer.allocUnsafeSlow(Math.ceil(expected * 1.1))
  }

  get size(): number {
    return this.#size
  }

  add(piece: Buffer): void {
    const size = this.#size + piece.length
    if (size > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(2 * size)
      this.#bytes.copy(larger, 0, 0, this.#size)
      this.#bytes = larger
    }
    piece.copy(this.#bytes, this.#size)
    this.#size = size
  }

  /** @returns what was added, until more is; begins anew */
  take(): Buffer<ArrayBuffer> {
    const taken = this.#bytes.subarray(0, this.#size)
    this.#size = 0
    return taken
  }
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
