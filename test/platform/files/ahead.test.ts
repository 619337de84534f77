import { expect, it } from 'vitest'
import { ahead } from '../../../shared/platform/files/ahead.ts'

async function* counting(upTo: number, made: number[]) {
  for (let value = 1; value <= upTo; value++) {
    made.push(value)
    yield value
  }
}

it('makes one value ahead of the consumer, and no more', async () => {
  const made: number[] = []
  const seen: [value: number, made: number][] = []
  for await (const value of ahead(counting(4, made))) {
    await new Promise(setImmediate)
    seen.push([value, made.length])
  }
  expect(seen).toEqual([
    [1, 2],
    [2, 3],
    [3, 4],
    [4, 4],
  ])
})

it('throws what the source throws, after all that came before', async () => {
  async function* failing() {
    yield 1
    throw new Error('broken')
  }
  const seen: number[] = []
  const reading = async () => {
    for await (const value of ahead(failing())) seen.push(value)
  }
  await expect(reading()).rejects.toThrow('broken')
  expect(seen).toEqual([1])
})

it('ends the source when the consumer has enough, and what the source then fails with is nobody’s', async () => {
  let ended = false
  async function* endless() {
    try {
      yield 1
      throw new Error('too late')
    } finally {
      ended = true
    }
  }
  for await (const _ of ahead(endless())) break
  expect(ended).toBe(true)
})
