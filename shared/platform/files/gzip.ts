import { promisify } from 'node:util'
import { constants, crc32, deflateRaw } from 'node:zlib'

const deflate = promisify(deflateRaw)

/**
 * Measured on exported orders: above this a level costs much time and saves few bytes
 * (docs/decisions/0024-exports.md).
 */
const LEVEL = 3
/** What has to be known of a file's beginning to write its end: enough to go on in another process. */
export type GzipState = {
  /** CRC-32 of the text so far. */
  crc: number
  /** Bytes of the text so far. */
  size: number
}

/** Magic number, deflate, no flags, no time, no hints, unknown system. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
/** A last block without anything in it. */
const LAST_BLOCK = Buffer.from([0x03, 0x00])

/**
 * Writes one gzip file in pieces that need nothing of each other, so that a file that was broken off
 * goes on anywhere: every piece is deflated by itself and ends on a byte (a sync flush), and only the
 * checksum and the size go from one to the next. It is one member, and not one per piece, because
 * browsers read the first member only. Compresses in zlib's threads, not in this one.
 * @see https://www.rfc-editor.org/rfc/rfc1952
 * @see https://github.com/madler/pigz, which compresses in parallel this way
 */
export class GzipWriter {
  #state: GzipState

  /** @param state where another writer has left off; nothing has been written by default */
  constructor(state: GzipState = { crc: 0, size: 0 }) {
    this.#state = state
  }

  get state(): GzipState {
    return this.#state
  }

  /** @returns the next bytes of the file; {@link state} is that after them as soon as this is called */
  add(text: string): Promise<Buffer> {
    const bytes = Buffer.from(text)
    const { crc, size } = this.#state
    this.#state = { crc: crc32(bytes, crc), size: size + bytes.length }
    const deflated = deflate(bytes, {
      level: LEVEL,
      finishFlush: constants.Z_SYNC_FLUSH,
    })
    return size > 0 ? deflated : deflated.then((body) => Buffer.concat([HEADER, body]))
  }

  /** @returns the last bytes of the file */
  end(): Buffer {
    const { crc, size } = this.#state
    const trailer = Buffer.alloc(8)
    trailer.writeUInt32LE(crc, 0)
    trailer.writeUInt32LE(size % 2 ** 32, 4)
    return Buffer.concat([...(size > 0 ? [] : [HEADER]), LAST_BLOCK, trailer])
  }
}
