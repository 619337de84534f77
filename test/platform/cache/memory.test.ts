import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createMemory } from '../../../shared/platform/cache/memory.ts'

function subject(limit = 2) {
  let time = 0
  const memory = createMemory<string>(limit, () => time)
  const at = (moment: number) => {
    time = moment
    return memory
  }
  return { memory, at }
}

it('forgets what is over, though it may look at it once more', () => {
  const { memory, at } = subject()
  memory.set('a', 'one', 10)
  expect(at(9).get('a')).toBe('one')
  expect(at(10).get('a')).toBeUndefined()
  expect(memory.peek('a')).toBe('one')
})

it('keeps no more than its limit: what was used longest ago goes', () => {
  const { memory } = subject()
  memory.set('a', 'one', 10)
  memory.set('b', 'two', 10)
  memory.get('a')
  memory.peek('b')
  memory.set('c', 'three', 10)
  expect(['a', 'b', 'c'].map((key) => memory.get(key))).toEqual(['one', undefined, 'three'])
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

/** As plain as can be: a list, the latest use last. */
function model(limit: number) {
  let kept: { key: string; value: string }[] = []
  const without = (key: string) => kept.filter((entry) => entry.key !== key)
  const total = () => kept.reduce((sum, { value }) => sum + value.length, 0)
  return {
    get(key: string) {
      const entry = kept.find((one) => one.key === key)
      if (entry !== undefined) kept = [...without(key), entry]
      return entry?.value
    },
    set(key: string, value: string) {
      kept = without(key)
      if (value.length > limit) return
      kept.push({ key, value })
      while (total() > limit) kept.shift()
    },
    delete(key: string) {
      kept = without(key)
    },
    clear() {
      kept = []
    },
  }
}

it('keeps what a list would keep that drops the least used while it is too large', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e')
  const step = fc.oneof(
    fc.record({ do: fc.constant('get' as const), key }),
    fc.record({ do: fc.constant('set' as const), key, value: fc.string({ maxLength: 12 }) }),
    fc.record({ do: fc.constant('delete' as const), key }),
    fc.record({ do: fc.constant('clear' as const) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const sizeOf = (value: string) => value.length
      const memory = createMemory<string>(20, () => 0, sizeOf)
      const list = model(20)
      for (const one of steps) {
        if (one.do === 'get') expect(memory.get(one.key)).toBe(list.get(one.key))
        else if (one.do === 'set') {
          memory.set(one.key, one.value, 1)
          list.set(one.key, one.value)
        } else if (one.do === 'delete') {
          memory.delete(one.key)
          list.delete(one.key)
        } else {
          memory.clear()
          list.clear()
        }
      }
      for (const name of ['a', 'b', 'c', 'd', 'e']) expect(memory.get(name)).toBe(list.get(name))
    }),
  )
})
