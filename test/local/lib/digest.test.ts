import { format } from '@planetscale/database'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestOf, withoutComment } from '../../../local/lib/digest.ts'
import { commentOf } from '../../../shared/platform/database/comment.ts'

const anything = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...`'"\\*/?%= a1`) }),
)

describe('a digest', () => {
  it.each([
    ["SELECT a1 FROM t WHERE b = 'x''y' AND c2 = 12.5", 'SELECT a1 FROM t WHERE b = ? AND c2 = ?'],
    [
      "UPDATE t SET a = NULL, b = null, c = '\\'' WHERE d IN (1, 2, 3)",
      'UPDATE t SET a = NULL, b = ?, c = ? WHERE d IN (?, …)',
    ],
    [
      "INSERT INTO t (a) VALUES ('(1)', 2), ('x', null) /*route='x'*/",
      'INSERT INTO t (a) VALUES (?, …), …',
    ],
  ])('of %s', (sql, digest) => {
    expect(digestOf(sql)).toBe(digest)
  })

  it('is the same whatever the values, and shows none of them', () => {
    const values = fc.oneof(anything, fc.integer(), fc.bigInt(), fc.boolean(), fc.constant(null))
    fc.assert(
      fc.property(values, values, anything, (one, two, route) => {
        const sql = format('SELECT a FROM t WHERE b = ? AND c > ? LIMIT 1', [one, two])
        expect(digestOf(`${sql} ${commentOf({ route })}`)).toBe(
          'SELECT a FROM t WHERE b = ? AND c > ? LIMIT ?',
        )
      }),
    )
  })

  it('leaves the tags of the comment to be read', () => {
    fc.assert(
      fc.property(anything, anything, (route, traceId) => {
        expect(withoutComment(`SELECT 1 ${commentOf({ route, traceId })}`)).toEqual({
          text: 'SELECT 1',
          tags: { route: route.toWellFormed(), traceId: traceId.toWellFormed() },
        })
      }),
    )
    expect(withoutComment("SELECT '/*a=1*/'")).toEqual({ text: "SELECT '/*a=1*/'", tags: {} })
  })
})
