import fc from 'fast-check'
import { expect, it } from 'vitest'
import { indexTerms, searchExpression } from '../../../shared/domain/catalog/search.ts'

const finds = (title: string, query: string) => {
  const indexed = new Set(indexTerms(title).split(' '))
  return searchExpression(query)
    ?.split(' ')
    .every((term) => indexed.has(term.slice(1)))
}

it('finds a title of characters by every part of it', () => {
  const character = fc
    .integer({ min: 0x4e00, max: 0x9fff })
    .map((code) => String.fromCodePoint(code))
  fc.assert(
    fc.property(
      fc.array(character, { minLength: 1, maxLength: 20 }),
      fc.nat(),
      fc.nat(),
      (title, a, b) => {
        const from = a % title.length
        const to = from + 1 + (b % (title.length - from))
        expect(finds(title.join(''), title.slice(from, to).join(''))).toBe(true)
      },
    ),
  )
})

it.each([
  ['手冲咖啡壶 600ml', '咖啡', true],
  ['手冲咖啡壶 600ml', '壶', true],
  ['手冲咖啡壶 600ml', '600ML', true],
  ['手冲咖啡壶 600ml', '咖啡 600ml', true],
  ['手冲咖啡壶 600ml', '啡咖', false],
  ['手冲咖啡壶 600ml', '600', false],
  ['重磅纯棉 T 恤', 't恤', true],
  ['点阵笔记本 Ａ５', 'a5', true],
  ['Café', 'café', true],
  ['x', '+x -y "z" *', false],
])('%s is found by %s: %s', (title, query, found) => {
  expect(finds(title, query)).toBe(found)
})

it('asks for nothing where there is nothing to ask for, and holds no operator of the engine', () => {
  for (const query of ['', ' ', '+-*"()~<>@', '🛒']) expect(searchExpression(query)).toBeUndefined()
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (query) => {
      const expression = searchExpression(query)
      if (expression !== undefined) expect(expression).toMatch(/^(\+[ubw]x[0-9a-z]+ ?)+$/)
    }),
  )
})
