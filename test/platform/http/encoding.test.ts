import {
  brotliDecompressSync,
  constants,
  createGunzip,
  gunzipSync,
  type InputType,
  inflateRawSync,
} from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Coding, codingFor, pack, packHead } from '../../../shared/platform/http/encoding.ts'
import { Json } from '../../../shared/platform/http/json.ts'

const unpack = (coding: Coding, bytes: InputType) =>
  (coding === 'br' ? brotliDecompressSync(bytes) : gunzipSync(bytes)).toString()

describe('Accept-Encoding', () => {
  it.each([
    ['gzip, deflate, br', 'br'],
    ['gzip,compress,br,deflate', 'br'],
    ['gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['br', 'br'],
    ['br;q=0.5, gzip', 'gzip'],
    ['br;q=0.5, gzip;q=0.5', 'br'],
    ['gzip;q=0.8, *;q=0.1', 'gzip'],
    ['gzip;q=0.1, *', 'br'],
    ['*', 'br'],
    ['*, br;q=0', 'gzip'],
    ['*;q=0, gzip', 'gzip'],
    ['gzip; q = 0.3', 'gzip'],
    ['identity;q=0.5, gzip;q=0.3', undefined],
    ['identity;q=0.5, gzip;q=0.5', 'gzip'],
    ['identity, gzip;q=0.3', undefined],
    ['gzip;q=0', undefined],
    ['gzip; q=0.0', undefined],
    ['gzip;q=2', undefined],
    ['gzip;q=much', undefined],
    ['*;q=0', undefined],
    ['deflate, zstd', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s is answered with %s', (header, coding) => {
    expect(codingFor(header)).toBe(coding)
  })
})

describe.each(['gzip', 'br'] as const)('%s', (coding) => {
  it('gives back what was packed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), (text) => {
        expect(unpack(coding, pack(coding, Buffer.from(text)))).toBe(Buffer.from(text).toString())
      }),
    )
  })

  it('gives back a beginning that was packed once with each of its ends', () => {
    const tail = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 })
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 3000 }),
      fc
        .tuple(fc.string(), fc.nat(20_000))
        .map(([part, times]) => part.repeat(times).slice(0, 200_000)),
    )
    fc.assert(
      fc.property(text, fc.array(tail, { minLength: 1, maxLength: 3 }), (head, tails) => {
        const packed = packHead(coding, head)
        for (const end of tails) {
          const base64 = packed.closedWith(end)
          const bytes = Buffer.from(base64, 'base64')
          expect(bytes.toString('base64')).toBe(base64)
          expect(unpack(coding, bytes)).toBe(Buffer.from(head + end).toString())
        }
      }),
      { numRuns: 200 },
    )
  })

  it('is hardly larger for a beginning and an end than for both at once', () => {
    const items = Array.from({ length: 50 }, (_, i) => ({ id: `${i}`, title: `茶杯 ${i * 7919}` }))
    const json = Json.of({ items })
    const once = pack(coding, Buffer.from(json.envelope('trace-0001')))
    const twice = Buffer.from(json.packed(coding, 'trace-0001'), 'base64')
    expect(unpack(coding, twice)).toBe(json.envelope('trace-0001'))
    expect(twice.length).toBeLessThan(once.length + 60)
  })
})

it('makes one gzip member, with a sum that is checked', async () => {
  const bytes = Buffer.from(packHead('gzip', 'beginning '.repeat(200)).closedWith('end'), 'base64')
  // gunzipSync takes several members one after the other; all of this is one.
  const text = inflateRawSync(bytes.subarray(10, -8))
  expect(text.toString()).toBe(`${'beginning '.repeat(200)}end`)
  expect(bytes.readUInt32LE(bytes.length - 4)).toBe(text.length)
  bytes[bytes.length - 8] = (bytes[bytes.length - 8] ?? 0) ^ 1
  const broken = new Promise((_, reject) => createGunzip().on('error', reject).end(bytes))
  await expect(broken).rejects.toMatchObject({ errno: constants.Z_DATA_ERROR })
})
