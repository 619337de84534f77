import { gunzipSync, inflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { GzipWriter } from '../../../shared/platform/files/gzip.ts'

const texts = fc.array(fc.string({ minLength: 1, maxLength: 300, unit: 'grapheme' }), {
  maxLength: 20,
})

it('writes one gzip file, however often another writer goes on with it', async () => {
  const run = async (pieces: string[], handOvers: boolean[]) => {
    let gzip = new GzipWriter()
    const file: Buffer[] = []
    for (const [index, text] of pieces.entries()) {
      file.push(await gzip.add(text))
      if (handOvers[index]) gzip = new GzipWriter({ ...gzip.state })
    }
    file.push(gzip.end())
    const whole = Buffer.concat(file)
    // Checks the checksum and the size too.
    expect(gunzipSync(whole).toString()).toBe(pieces.join(''))
    expect(endOfFirstMember(whole)).toBe(whole.length)
  }
  await fc.assert(fc.asyncProperty(texts, fc.array(fc.boolean(), { maxLength: 20 }), run), {
    numRuns: 50,
  })
})

it('has pieces that do not know each other: one that is written again takes the place of the first', async () => {
  const first = new GzipWriter()
  const beginning = await first.add('kept\n')
  const { state } = first
  await first.add('lost\n')
  const second = new GzipWriter(state)
  const file = Buffer.concat([beginning, await second.add('again\n'), second.end()])
  expect(gunzipSync(file).toString()).toBe('kept\nagain\n')
})

/** Browsers read the first member of a file only. @returns where it ends */
function endOfFirstMember(file: Buffer): number {
  const [header, trailer] = [10, 8]
  const { engine } = inflateRawSync(file.subarray(header), { info: true } as never) as unknown as {
    engine: { bytesWritten: number }
  }
  return header + engine.bytesWritten + trailer
}
