import { format } from '@planetscale/database'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { commented, commentOf } from '../../../shared/platform/database/comment.ts'
import { withScope } from '../../../shared/platform/telemetry/scope.ts'

const scope = {
  traceId: 'trace-0001',
  functionName: 'ordersDetail',
  route: 'GET /api/orders/{id}',
  coldStart: false,
  deadline: new AbortController().signal,
}
/** Everything that a quote, a comment or a placeholder is made of, and anything else. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom(...`'"\`\\*/!+-#;?:,=%\n\0é💥\ud800 `, '*/', "\\'", '/*!', '--'),
  }),
)

describe('the comment of a statement', () => {
  it('names route and trace as sqlcommenter does', () => {
    expect(withScope(scope, () => commented('SELECT 1'))).toBe(
      "SELECT 1 /*route='GET%20%2Fapi%2Forders%2F%7Bid%7D',traceId='trace-0001'*/",
    )
  })

  it('is left out outside of an invocation, and the route where it has none', () => {
    expect(commented('SELECT 1')).toBe('SELECT 1')
    const { route: _, ...bare } = scope
    expect(withScope(bare, () => commented('SELECT 1'))).toBe("SELECT 1 /*traceId='trace-0001'*/")
  })

  it('can not be left by any route or trace id, and gives them back', () => {
    fc.assert(
      fc.property(hostile, hostile, (route, traceId) => {
        const comment = commentOf({ traceId, route })
        // Nothing but what RFC 3986 leaves alone, so no quote, no star, no slash within.
        const [, first, second] =
          /^\/\*route='((?:[\w.~-]|%[\dA-F]{2})*)',traceId='((?:[\w.~-]|%[\dA-F]{2})*)'\*\/$/.exec(
            comment,
          ) ?? []
        expect(decodeURIComponent(first ?? '?')).toBe(route.toWellFormed())
        expect(decodeURIComponent(second ?? '?')).toBe(traceId.toWellFormed())
      }),
    )
  })

  it('is no place for a value', () => {
    fc.assert(
      fc.property(hostile, hostile, (route, value) => {
        const comment = commentOf({ route })
        expect(format(`SELECT ? ${comment}`, [value, 'second'])).toBe(
          `${format('SELECT ?', [value])} ${comment}`,
        )
      }),
    )
  })
})
