import fc from 'fast-check'
import { expect, it } from 'vitest'
import { asciiJson, batchesOf } from '../../../shared/platform/queue/queue.ts'

it('cuts messages into calls of at most ten and 240 KiB, in order, without losing one', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 120_000 }), { maxLength: 60 }), (sizes) => {
      const entries = sizes.map((size, index) => ({
        Id: String(index),
        MessageBody: 'x'.repeat(size),
      }))
      const batches = batchesOf(entries)
      expect(batches.flat()).toEqual(entries)
      for (const batch of batches) {
        expect(batch.length).toBeLessThanOrEqual(10)
        const bytes = batch.reduce((sum, { MessageBody }) => sum + MessageBody.length, 0)
        expect(bytes).toBeLessThanOrEqual(240 * 1024)
      }
    }),
  )
})

it('writes any text in ASCII, and it reads the same', () => {
  const text = { remark: '😀 𠮷田 \ufffe\uffff "杯"' }
  expect(asciiJson(text)).toMatch(/^[\x20-\x7e]+$/)
  expect(JSON.parse(asciiJson(text))).toEqual(text)
})
