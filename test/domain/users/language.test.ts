import { expect, it } from 'vitest'
import { languageOf } from '../../../shared/domain/users/language.ts'

it.each([
  ['zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
  ['en-US,en;q=0.9', 'en'],
  ['zh_TW', 'zh'],
  ['fr-FR, EN;q=0.5', 'en'],
  ['fr', undefined],
  ['*', undefined],
  ['', undefined],
  [undefined, undefined],
])('%s: %s', (header, language) => {
  expect(languageOf(header)).toBe(language)
})
