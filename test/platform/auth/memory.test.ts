import { expect, it } from 'vitest'
import { createMemory } from '../../../shared/platform/auth/memory.ts'

function subject(limit = 2) {
  let time = 0
  const memory = createMemory<string>(limit, () => time)
  const at = (moment: number) => {
    time = moment
    return memory
  }
  return { memory, at }
}

it('forgets what is over', () => {
  const { memory, at } = subject()
  memory.set('a', 'one', 10)
  expect(at(9).get('a')).toBe('one')
  expect(at(10).get('a')).toBeUndefined()
})

it('keeps no more than its limit: the oldest goes, and what was said again is not old', () => {
  const { memory } = subject()
  memory.set('a', 'one', 10)
  memory.set('b', 'two', 10)
  memory.set('a', 'three', 10)
  memory.set('c', 'four', 10)
  expect(['a', 'b', 'c'].map((key) => memory.get(key))).toEqual(['three', undefined, 'four'])
})

it('forgets one, or all, when it is told to', () => {
  const { memory } = subject()
  memory.set('a', 'one', 10)
  memory.set('b', 'two', 10)
  memory.delete('a')
  expect(memory.get('a')).toBeUndefined()
  memory.clear()
  expect(memory.get('b')).toBeUndefined()
})
