import { expect, it } from 'vitest'
import { cacheable } from '../../../shared/platform/http/cacheable.ts'

const reply = cacheable('<p>', 'text', { 'x-more': '1' })
const { etag = '' } = reply().headers

it('goes out with a tag, to be asked for each time', () => {
  expect(reply()).toMatchObject({
    status: 200,
    data: '<p>',
    headers: { 'cache-control': 'public, no-cache', 'x-more': '1' },
  })
  expect(etag).toMatch(/^W\/"[\w-]{22}"$/)
  expect(cacheable('<p>', 'another text')().headers.etag).not.toBe(etag)
})

it.each([
  ['the tag', etag, 304],
  ['the tag as a strong one', etag.slice(2), 304],
  ['the tag among others', `"a", ${etag} , W/"b"`, 304],
  ['any', '*', 304],
  ['another tag', 'W/"a"', 200],
  ['nothing', '', 200],
])('answers If-None-Match with %s', (_, header, status) => {
  const answer = reply(header)
  expect(answer.status).toBe(status)
  expect(answer.headers.etag).toBe(etag)
  if (status === 304) expect(answer.data).toBeUndefined()
})
