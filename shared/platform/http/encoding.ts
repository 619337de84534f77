/**
 * Loaded when the first answer is compressed: it takes a good part of a cold start, and most answers are
 * short (docs/decisions/0019-small-bundles.md).
 */
const zlib = () => process.getBuiltinModule('node:zlib')

/** Content codings that we speak, the better one first. */
export const CODINGS = ['br', 'gzip'] as const
export type Coding = (typeof CODINGS)[number]

/** From the next step up time grows faster than what it saves (docs/decisions/0020-own-cache.md). */
const BROTLI_QUALITY = 5

function brotliOptions(bytes: number) {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = zlib().constants
  return { params: { [BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [BROTLI_PARAM_SIZE_HINT]: bytes } }
}

/**
 * Chooses by Accept-Encoding (RFC 9110, section 12.5.3): the coding with the highest quality, of
 * equals the better one. What the header says of a coding by name counts before what it says of `*`.
 * @returns undefined where the client takes none of ours, or would rather have none
 */
export function codingFor(header: string | undefined): Coding | undefined {
  const qualities = qualitiesOf(header ?? '')
  const of = (coding: string) => qualities.get(coding) ?? qualities.get('*') ?? 0
  const [best] = CODINGS.toSorted((a, b) => of(b) - of(a))
  const plain = qualities.get('identity') ?? 0
  return best !== undefined && of(best) > 0 && of(best) >= plain ? best : undefined
}

function qualitiesOf(header: string): Map<string, number> {
  const qualities = new Map<string, number>()
  for (const part of header.toLowerCase().split(',')) {
    const [coding = '', ...parameters] = part.split(';').map((piece) => piece.trim())
    const weight = parameters.find((parameter) => /^q\s*=/.test(parameter))
    const quality = weight === undefined ? 1 : Number(weight.slice(weight.indexOf('=') + 1))
    // A weight that is none says nothing that could be relied on.
    qualities.set(coding, quality >= 0 && quality <= 1 ? quality : 0)
  }
  return qualities
}

/** @returns a whole body, compressed. Synchronous: a container has nothing else to do meanwhile. */
export function pack(coding: Coding, body: Buffer): Buffer {
  const { brotliCompressSync, gzipSync } = zlib()
  return coding === 'br' ? brotliCompressSync(body, brotliOptions(body.length)) : gzipSync(body)
}

/** The beginning of a compressed text, to which an end is put that differs each time. */
export type PackedHead = {
  /** @param tail a short text: it goes out as it is. @returns the whole stream, in base64 */
  closedWith(tail: string): string
}

/**
 * Compresses the beginning of a text, once, for many answers that differ in their last few bytes. Both
 * formats have blocks that hold bytes as they are: the end is such a block, so an answer costs no
 * compression, and is one ordinary stream. The beginning ends on a byte (a flush), and on a multiple
 * of three of them, so that its base64 can be kept as well.
 * @see RFC 1951, section 3.2.4; RFC 1952, section 2.3; RFC 7932, section 9.2
 */
export function packHead(coding: Coding, text: string): PackedHead {
  return coding === 'br' ? brotliHead(Buffer.from(text)) : gzipHead(Buffer.from(text))
}

/** An empty stored block. */
const GZIP_FILLER = Buffer.from([0, 0, 0, 0xff, 0xff])
/** An empty metadata block. */
const BROTLI_FILLER = Buffer.from([6])

function gzipHead(text: Buffer): PackedHead {
  const { constants, crc32, gzipSync } = zlib()
  const packed = gzipSync(text, { finishFlush: constants.Z_SYNC_FLUSH })
  const base64 = base64Of(packed, GZIP_FILLER)
  const sum = crc32(text)
  return {
    closedWith(tail) {
      const bytes = Buffer.byteLength(tail)
      const end = Buffer.allocUnsafe(5 + bytes + 8)
      // The last block, stored: its length, and the same in complement.
      end[0] = 1
      end.writeUInt16LE(bytes, 1)
      end.writeUInt16LE(~bytes & 0xffff, 3)
      end.write(tail, 5)
      // The sum over all of it goes on from that over the beginning.
      end.writeUInt32LE(crc32(tail, sum), 5 + bytes)
      end.writeUInt32LE((text.length + bytes) >>> 0, 9 + bytes)
      return base64 + end.toString('base64')
    },
  }
}

function brotliHead(text: Buffer): PackedHead {
  const { brotliCompressSync, constants } = zlib()
  const finishFlush = constants.BROTLI_OPERATION_FLUSH
  const packed = brotliCompressSync(text, { ...brotliOptions(text.length), finishFlush })
  const base64 = base64Of(packed, BROTLI_FILLER)
  return {
    closedWith(tail) {
      const bytes = Buffer.byteLength(tail)
      const end = Buffer.allocUnsafe(3 + bytes + 1)
      // Not the last block (0), length in four nibbles (00), length less one, stored (1).
      end.writeUIntLE(((bytes - 1) << 3) | (1 << 19), 0, 3)
      end.write(tail, 3)
      // The last block, and an empty one (11).
      end[3 + bytes] = 3
      return base64 + end.toString('base64')
    },
  }
}

function base64Of(packed: Buffer, filler: Buffer): string {
  const parts = [packed]
  for (let length = packed.length; length % 3 !== 0; length += filler.length) parts.push(filler)
  return Buffer.concat(parts).toString('base64')
}
