import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DatabaseError } from '@planetscale/database'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import { createDatabase } from '../../../shared/platform/database/database.ts'
import {
  isDuplicate,
  isRetryable,
  OutcomeUnknown,
  StatementFailed,
  toDatabaseFailure,
} from '../../../shared/platform/database/errors.ts'
import { sql } from '../../../shared/platform/database/sql.ts'
import { isOutage } from '../../../shared/platform/errors/api-error.ts'
import { Unavailable } from '../../../shared/platform/errors/standard.ts'
import { route } from '../../../shared/platform/http/route.ts'
import { contextOf, envelopeOf, eventOf } from '../../support/context.ts'

/** As Vitess words it, with the statement behind it. */
const failure = (errno: number) =>
  toDatabaseFailure(
    new DatabaseError(
      `target: minimall.-.primary: vttablet: rpc error: code = X desc = y (errno ${errno}) (sqlstate HY000): Sql: "insert secret"`,
      400,
      { code: 'UNKNOWN', message: '' },
    ),
  )

describe('what the database says', () => {
  it.each([
    ['wrong SQL', 1064],
    ['a duplicate', 1062],
    ['a deadlock', 1213],
    ['JSON that is none', 3140],
    ['a constraint, as MySQL has it', 3819],
    ['a constraint, as MariaDB has it', 4025],
  ])('of %s is a failed statement, which no wait mends', (_, errno) => {
    const error = failure(errno)
    expect(error).toBeInstanceOf(StatementFailed)
    expect(error).toMatchObject({ errno })
    expect(isOutage(error)).toBe(false)
    expect(isDuplicate(error)).toBe(errno === 1062)
    expect(isRetryable(error)).toBe(errno === 1213)
  })

  it.each([
    ['too many connections', 1040],
    ['a shutdown', 1053],
    ['a failover: the server only reads', 1290],
    ['a tablet that is away', 1105],
    ['a pool that is used up', 1203],
    ['a transaction that Vitess ended', 1317],
    ['a lost connection', 2013],
    ['a statement that took too long', 3024],
  ])('of %s is an outage', (_, errno) => {
    const error = failure(errno)
    expect(error).toBeInstanceOf(Unavailable)
    expect(isOutage(error)).toBe(true)
    expect(isRetryable(error)).toBe(false)
  })

  it('never shows the statement', () => {
    for (const errno of [1064, 1105]) {
      const error = failure(errno)
      const chain = [error, error.cause, (error.cause as Error | undefined)?.cause]
      expect(chain.map(String).join()).not.toContain('secret')
    }
  })

  it('in no words of MySQL is an outage', () => {
    const body = { code: 'UNAVAILABLE', message: '' }
    expect(isOutage(toDatabaseFailure(new DatabaseError('busy', 503, body)))).toBe(true)
    expect(isOutage(toDatabaseFailure(new TypeError('fetch failed')))).toBe(true)
  })
})

describe('a COMMIT', () => {
  let server: Server
  let refusal: string
  const statements: string[] = []
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const { query } = JSON.parse(Buffer.concat(chunks).toString()) as { query: string }
      statements.push(query)
      const error = { code: 'UNKNOWN', message: refusal }
      response.end(
        JSON.stringify(query.startsWith('COMMIT') ? { error } : { session: {}, result: {} }),
      )
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterAll(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })

  const commit = () => {
    statements.length = 0
    const { port } = server.address() as AddressInfo
    return createDatabase(`http://u:p@127.0.0.1:${port}/x`).transaction((tx) =>
      tx.query(sql`SELECT 1`),
    )
  }

  it('that may have happened is an unknown outcome, and is not tried again', async () => {
    refusal = 'transaction 1: not found (errno 1317) (sqlstate 70100)'
    await expect(commit()).rejects.toThrow(OutcomeUnknown)
    expect(statements).toEqual(['BEGIN', 'SELECT 1', 'COMMIT'])
  })

  it('that lost to a deadlock did not happen, and is tried again', async () => {
    refusal = 'deadlock (errno 1213) (sqlstate 40001)'
    const error = await commit().catch((thrown: Error) => thrown)
    expect(error).toBeInstanceOf(Unavailable)
    expect(error).not.toBeInstanceOf(OutcomeUnknown)
    expect(statements.filter((statement) => statement === 'COMMIT')).toHaveLength(3)
  })

  it('without an answer is 50301 to a client', async () => {
    refusal = 'no answer'
    const handler = route(
      { method: 'GET', path: '/x', summary: 'x', auth: 'public', replies: { 200: z.unknown() } },
      commit,
    )
    const result = await handler(eventOf(), contextOf())
    expect([result.statusCode, envelopeOf(result).code, result.headers?.['retry-after']]).toEqual([
      503,
      50301,
      '1',
    ])
    expect(result.body).not.toContain('COMMIT')
  })
})
