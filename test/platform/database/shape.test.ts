import { describe, expect, it } from 'vitest'
import { shapeOf } from '../../../shared/platform/database/shape.ts'

describe('the shape of a statement', () => {
  it.each([
    ['SELECT a\n   FROM t WHERE id IN (?, ?,\n ?)', 'SELECT a FROM t WHERE id IN (?, …)'],
    ['SELECT a FROM t WHERE id IN (?)', 'SELECT a FROM t WHERE id IN (?)'],
    // As the templates join lists: without a space.
    ['SELECT a FROM t WHERE id IN (?,?,?)', 'SELECT a FROM t WHERE id IN (?, …)'],
    ['INSERT INTO t (a, b) VALUES (?, ?),(?, ?)', 'INSERT INTO t (a, b) VALUES (?, …), …'],
    [
      'INSERT INTO t (a, b) VALUES (?, ?), (?, NULL), (?, ?)',
      'INSERT INTO t (a, b) VALUES (?, …), …',
    ],
    [
      'UPDATE t SET a = CASE p WHEN ? THEN ? WHEN ? THEN ? END',
      'UPDATE t SET a = CASE p WHEN ? THEN ? … END',
    ],
    [
      'SELECT * FROM ((SELECT a FROM t WHERE c = ? LIMIT ?) UNION ALL (SELECT a FROM t WHERE c = ? LIMIT ?) UNION ALL (SELECT a FROM t WHERE c = ? LIMIT ?)) AS merged',
      'SELECT * FROM ((SELECT a FROM t WHERE c = ? LIMIT ?) UNION ALL …) AS merged',
    ],
  ])('of %s', (text, shape) => {
    expect(shapeOf(text)).toBe(shape)
  })
})
