import { constants, deflateRawSync } from 'node:zlib'
import { median } from '../../../local/lib/stats.ts'

const LEVELS = [1, 2, 3, 4, 5, 6, 9]
const ROUNDS = 5
/** About what a page of orders is. */
const PIECE_BYTES = 500_000

/** Compresses a text piece by piece, as exports are, at each level. @returns level, MB/s, text ÷ file */
export function levelsOf(text: Buffer): [level: string, pace: number, ratio: number][] {
  const millis = new Map<number, number[]>()
  const sizes = new Map<number, number>()
  for (let round = 0; round < ROUNDS; round++) {
    for (const level of LEVELS) {
      const started = performance.now()
      let size = 0
      for (let start = 0; start < text.length; start += PIECE_BYTES) {
        const piece = text.subarray(start, start + PIECE_BYTES)
        size += deflateRawSync(piece, { level, finishFlush: constants.Z_SYNC_FLUSH }).length
      }
      millis.set(level, [...(millis.get(level) ?? []), performance.now() - started])
      sizes.set(level, size)
    }
  }
  return LEVELS.map((level) => [
    `${level}`,
    text.length / 1000 / median(millis.get(level) ?? []),
    text.length / (sizes.get(level) ?? 1),
  ])
}
