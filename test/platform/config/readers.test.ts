import fc from 'fast-check'
import { expect, it } from 'vitest'
import * as z from 'zod/mini'
import {
  list,
  oneOf,
  optional,
  url,
  wholeNumber,
  withDefault,
} from '../../../shared/platform/config/readers.ts'

it('takes addresses of the web as zod does, and no others', () => {
  const reference = z.url({ protocol: /^https?$/ })
  const schemes = fc.constantFrom('http://', 'https://', 'ftp://', 'https:', '', 'javascript:')
  const odd = fc.tuple(schemes, fc.string({ maxLength: 12 })).map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.oneof(fc.webUrl(), odd), (value) => {
      // zod trims, and wants both slashes after the scheme; we hand on what stands there.
      fc.pre(value === value.trim() && !/^https?:(?!\/\/)/.test(value))
      expect(url.read(value) !== undefined).toBe(z.safeParse(reference, value).success)
    }),
    { numRuns: 500 },
  )
  expect(url.read('https://user:password@host/database')).toBe(
    'https://user:password@host/database',
  )
  expect(url.read('my-password')).toBeUndefined()
})

it('takes whole numbers within their bounds', () => {
  const { read, missing } = wholeNumber(14, 0, 60)
  expect(missing).toEqual({ value: 14 })
  for (const number of [0, 1, 60]) expect(read(String(number))).toBe(number)
  for (const wrong of ['-1', '61', '1.5', 'x', '1x', 'NaN', 'Infinity', '1e9']) {
    expect(read(wrong), wrong).toBeUndefined()
  }
})

it('tells what was left out from what is wrong', () => {
  expect(optional(url)).toMatchObject({ missing: { value: undefined } })
  expect(withDefault(oneOf('zh', 'en'), 'zh')).toMatchObject({ missing: { value: 'zh' } })
  expect(oneOf('zh', 'en').read('fr')).toBeUndefined()
  expect(url.missing).toBeUndefined()
  expect(list.read(' a, ,b,')).toEqual(['a', 'b'])
})
