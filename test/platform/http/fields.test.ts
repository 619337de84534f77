import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import { text } from '../../../shared/platform/http/fields.ts'

describe('a text', () => {
  const takes = (value: string) => z.safeParse(text(1, 50), value).success

  it.each(['茶叶 🍵', 'ﷺ عربى', '👨‍👩‍👧', 'a\u200eb'])('may be %s', (value) => {
    expect(takes(value)).toBe(true)
  })

  it.each([
    ['a line break', 'a\nb'],
    ['a NUL', 'a\0b'],
    ['half a character', 'a\ud800b'],
    ['a turn round', 'a\u202eb'],
    ['an isolate', 'a\u2066b'],
    ['nothing but space', '   '],
  ])('may not hold %s', (_, value) => {
    expect(takes(value)).toBe(false)
  })
})
